// Any text as a config file of a model directory: step tables that come out of it are finite.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "model/denoiser/unet/unet_2d_condition_config.h"
#include "model/sampling/schedulers/scheduler_list.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/model_manifest.h"
#include "model/weights/lora_names.h"
#include "model/weights/lora_scaling.h"

namespace strobe::model {
namespace {

constexpr int kMaxTrainTimesteps = 2000;  // more is only slower

void CheckScheduler(const nlohmann::json& json) {
  auto scheduler = ReadSchedulerConfig(json);
  if (!scheduler.ok() || (*scheduler)->noise().num_train_timesteps > kMaxTrainTimesteps) return;
  const auto builder = StepTableBuilder::Create(*std::move(scheduler));
  if (!builder.ok()) return;
  for (const int count : {1, 2, 3, 8}) {
    StepTableRequest request;
    request.num_inference_steps = count;
    request.eta = 0.5;
    request.mu = 0.8;
    const auto table = builder->Build(request);
    if (!table.ok()) continue;
    if (table->rows.size() != static_cast<size_t>(count)) std::abort();
    for (const StepRow& row : table->rows) {
      if (!std::isfinite(row.level.alpha + row.level.sigma + row.next.alpha + row.next.sigma) ||
          !(row.rho >= 0.0 && row.rho <= 1.0 + 1e-6)) {
        std::abort();
      }
    }
  }
}

void CheckUNet(const nlohmann::json& json) {
  const auto config = UNet2DConditionConfig::FromJson(json);
  if (!config.ok()) return;
  for (const UNetBlockConfig& block : config->blocks) {
    if (block.down_transformer_layers.size() != static_cast<size_t>(block.layers)) std::abort();
    if (block.up_transformer_layers.size() != static_cast<size_t>(block.layers) + 1) std::abort();
  }
}

}  // namespace
}  // namespace strobe::model

// The first byte chooses the file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace strobe::model;  // NOLINT
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'm') static_cast<void>(ParseModelManifest(text));
  if (data[0] == 'n') static_cast<void>(ParseLoraName(text, 2));
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return 0;
  if (data[0] == 's') CheckScheduler(json);
  if (data[0] == 'u') CheckUNet(json);
  if (data[0] == 'l' && json.is_object()) static_cast<void>(LoraScaling::FromJson(json));
  return 0;
}
