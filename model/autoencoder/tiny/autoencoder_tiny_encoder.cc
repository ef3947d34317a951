#include "model/autoencoder/tiny/autoencoder_tiny_encoder.h"

#include <algorithm>
#include <string>

#include <ATen/TensorOperators.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

std::string EncoderLayerName(int64_t index) { return absl::StrCat("encoder.layers.", index); }

}  // namespace

// diffusers numbers convolutions and blocks in one sequence.
AutoencoderTinyEncoder::AutoencoderTinyEncoder(StateDictLoader& loader, const Options& options)
    : scaling_factor_(options.scaling_factor) {
  int64_t layer = 0;
  for (int i = 0; i <= options.num_halvings; ++i) {
    Conv2d::Options convolution{i == 0 ? 3 : options.width, options.width};
    convolution.stride = i == 0 ? 1 : 2;
    convolution.bias = i == 0;
    levels_.push_back({Conv2d(loader, EncoderLayerName(layer++), convolution), {}});
    const int64_t count = options.blocks.empty() ? 0 : options.blocks[i];
    for (int64_t j = 0; j < count; ++j) {
      levels_.back().blocks.emplace_back(loader, EncoderLayerName(layer++), options.width);
    }
  }
  const Conv2d::Options last{options.width, options.latent_channels};
  levels_.push_back({Conv2d(loader, EncoderLayerName(layer), last), {}});
}

at::Tensor AutoencoderTinyEncoder::Encode(const at::Tensor& pictures) const {
  at::Tensor hidden = pictures;
  for (const Level& level : levels_) {
    hidden = level.convolution.Forward(hidden);
    for (const AutoencoderTinyBlock& block : level.blocks) hidden = block.Forward(hidden);
  }
  return scaling_factor_ == 1.0 ? hidden : hidden * scaling_factor_;
}

absl::StatusOr<std::unique_ptr<ImageEncoder>> CreateAutoencoderTinyEncoder(
    const nlohmann::json& config, StateDictLoader& loader) {
  JsonReader reader("AutoencoderTiny config", config);
  AutoencoderTinyEncoder::Options options;
  options.latent_channels = reader.GetInt("latent_channels", 4);
  options.scaling_factor = reader.GetDouble("scaling_factor", 1.0);
  options.blocks = reader.GetInts("num_encoder_blocks", {1, 3, 3, 3}, {0, 64});
  options.num_halvings = static_cast<int>(options.blocks.size()) - 1;
  const auto widths = reader.GetInts("encoder_block_out_channels", {64, 64, 64, 64});
  options.width = widths.front();
  const auto equal = std::count(widths.begin(), widths.end(), options.width);
  if (widths.size() != options.blocks.size() || equal != static_cast<int64_t>(widths.size())) {
    reader.AddProblem(
        "encoder_block_out_channels must be equal, one for each of num_encoder_blocks");
  }
  reader.RequireOneOf("in_channels", {3});
  reader.RequireOneOf("act_fn", {"relu"});
  reader.RequireOneOf("shift_factor", {nullptr, 0});
  STROBE_RETURN_IF_ERROR(reader.status());
  loader.Ignore("decoder.");
  return std::make_unique<AutoencoderTinyEncoder>(loader, options);
}

}  // namespace strobe::model
