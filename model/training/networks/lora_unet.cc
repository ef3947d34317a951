#include "model/training/networks/lora_unet.h"

#include <cmath>
#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/sampling/seeded_noise.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {
namespace {

constexpr char kDown[] = ".lora_A.weight";
constexpr char kUp[] = ".lora_B.weight";

bool IsAdapted(const std::string& name) {
  for (const char* suffix : {".to_q.weight", ".to_k.weight", ".to_v.weight", ".to_out.0.weight"}) {
    if (absl::EndsWith(name, suffix)) return true;
  }
  return false;
}

StateDictLoader MergedLoader(const ParameterSet& base, const ParameterSet& lora) {
  StateDictLoader::Options options;
  options.device = base.device();
  return StateDictLoader("unet", MergeLora(base.tensors(), lora.tensors()), options);
}

class LoraUnet final : public UNet2DConditionModel {
 public:
  LoraUnet(const UNet2DConditionConfig& config, const ParameterSet* base, const ParameterSet* lora)
      : config_(config), base_(base), lora_(lora) {}

  at::Tensor Forward(const at::Tensor& latents, const at::Tensor& timesteps,
                     const DenoiserConditions& conditions) const override {
    return Current()->Forward(latents, timesteps, conditions);
  }

  at::Tensor MidFeatures(const at::Tensor& latents, const at::Tensor& timesteps,
                         const DenoiserConditions& conditions) const override {
    return Current()->MidFeatures(latents, timesteps, conditions);
  }

  const UNet2DConditionConfig& config() const override { return config_; }

 private:
  std::unique_ptr<UNet2DConditionModel> Current() const {
    StateDictLoader loader = MergedLoader(*base_, *lora_);
    return UNet2DConditionModel::Create(config_, loader);
  }

  UNet2DConditionConfig config_;
  const ParameterSet* base_;
  const ParameterSet* lora_;
};

}  // namespace

StateDict MakeLora(const StateDict& unet, int64_t rank, uint64_t seed) {
  StateDict lora;
  for (const auto& [name, weight] : unet) {
    if (!IsAdapted(name)) continue;
    const std::string module(absl::StripSuffix(name, ".weight"));
    const int64_t inputs = weight.size(1);
    lora[module + kDown] = UnitNormal(seed, HashName(name), {rank, inputs})
                               .mul_(1.0 / std::sqrt(3.0 * static_cast<double>(inputs)));
    lora[module + kUp] = at::zeros({weight.size(0), rank}, at::kFloat);
  }
  return lora;
}

StateDict MergeLora(const StateDict& unet, const StateDict& lora) {
  StateDict merged = unet;
  for (const auto& [name, down] : lora) {
    if (!absl::EndsWith(name, kDown)) continue;
    const std::string module(absl::StripSuffix(name, kDown));
    at::Tensor& weight = merged.at(module + ".weight");
    weight = weight + at::matmul(lora.at(module + kUp), down);
  }
  return merged;
}

absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> BuildLoraUnet(
    const UNet2DConditionConfig& config, const ParameterSet* base, const ParameterSet* lora) {
  StateDictLoader loader = MergedLoader(*base, *lora);
  UNet2DConditionModel::Create(config, loader);
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return std::make_unique<LoraUnet>(config, base, lora);
}

}  // namespace strobe::model
