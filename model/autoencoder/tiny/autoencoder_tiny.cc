#include "model/autoencoder/tiny/autoencoder_tiny.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "model/autoencoder/tiny/autoencoder_tiny_block.h"
#include "model/layers/conv_2d.h"

namespace strobe::model {
namespace {

struct Config {
  int64_t latent_channels = 4;
  int64_t width = 64;                       // channels of every layer
  std::vector<int64_t> num_decoder_blocks;  // of each size, from the smallest picture
  double scaling_factor = 1.0;
};

absl::StatusOr<Config> ReadConfig(const nlohmann::json& json) {
  JsonReader reader("AutoencoderTiny config", json);
  Config config;
  config.latent_channels = reader.GetInt("latent_channels", 4);
  config.scaling_factor = reader.GetDouble("scaling_factor", 1.0);
  config.num_decoder_blocks = reader.GetInts("num_decoder_blocks", {3, 3, 3, 1}, {0, 64});
  reader.RequireOneOf("out_channels", {3});
  reader.RequireOneOf("act_fn", {"relu"});
  reader.RequireOneOf("upsample_fn", {"nearest"});
  reader.RequireOneOf("upsampling_scaling_factor", {2});
  reader.RequireOneOf("shift_factor", {nullptr, 0});

  const auto widths = reader.GetInts("decoder_block_out_channels", {64, 64, 64, 64});
  config.width = widths.front();
  if (std::count(widths.begin(), widths.end(), config.width) !=
      static_cast<int64_t>(widths.size())) {
    reader.AddProblem("unsupported decoder_block_out_channels that differ");
  }
  if (widths.size() != config.num_decoder_blocks.size()) {
    reader.AddProblem(absl::StrCat("decoder_block_out_channels and num_decoder_blocks have ",
                                   widths.size(), " and ", config.num_decoder_blocks.size(),
                                   " entries, expected as many in each"));
  }
  if (config.scaling_factor == 0.0) reader.AddProblem("scaling_factor is 0");
  STROBE_RETURN_IF_ERROR(reader.status());
  return config;
}

std::string LayerName(int64_t index) { return absl::StrCat("decoder.layers.", index); }

// The blocks at one picture size and the convolution that leaves it.
struct Stage {
  std::vector<AutoencoderTinyBlock> blocks;
  bool upsample;  // before the convolution
  Conv2d conv;
};

class AutoencoderTiny final : public ImageDecoder {
 public:
  AutoencoderTiny(const Config& config, StateDictLoader& loader)
      : config_(config), conv_in_(loader, LayerName(0), {config.latent_channels, config.width}) {
    AddStages(loader);
    loader.Ignore("encoder.");
  }

  // A block's input and the results of its convolution and activation, at the largest size.
  int64_t EstimateActivations(int64_t height, int64_t width) const override {
    return height * width * scale_factor() * scale_factor() * 3 * config_.width;
  }

  at::ScalarType dtype() const override { return conv_in_.dtype(); }
  int latent_channels() const override { return static_cast<int>(config_.latent_channels); }
  int scale_factor() const override { return 1 << (stages_.size() - 1); }

 private:
  at::Tensor Run(const at::Tensor& latents, at::ScalarType dtype) const override {
    at::Tensor hidden = (latents / config_.scaling_factor).to(dtype);
    hidden = conv_in_.ForwardRelu(at::tanh(hidden / 3) * 3);
    for (const Stage& stage : stages_) {
      for (const AutoencoderTinyBlock& block : stage.blocks) hidden = block.Forward(hidden);
      if (stage.upsample) {
        hidden = at::upsample_nearest2d(hidden, {2 * hidden.size(2), 2 * hidden.size(3)});
      }
      hidden = stage.conv.Forward(hidden);
    }
    return hidden.to(at::kFloat);
  }

  // diffusers numbers convolutions, activations, blocks and up-samplings in one sequence.
  void AddStages(StateDictLoader& loader) {
    int64_t layer = 2;
    for (size_t i = 0; i < config_.num_decoder_blocks.size(); ++i) {
      const bool is_last = i + 1 == config_.num_decoder_blocks.size();
      std::vector<AutoencoderTinyBlock> blocks;
      for (int64_t j = 0; j < config_.num_decoder_blocks[i]; ++j) {
        blocks.emplace_back(loader, LayerName(layer++), config_.width);
      }
      if (!is_last) ++layer;
      Conv2d::Options conv{config_.width, is_last ? 3 : config_.width};
      conv.bias = is_last;
      stages_.push_back({std::move(blocks), !is_last, Conv2d(loader, LayerName(layer++), conv)});
    }
  }

  Config config_;
  Conv2d conv_in_;
  std::vector<Stage> stages_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateAutoencoderTiny(const nlohmann::json& config,
                                                                    StateDictLoader& loader) {
  STROBE_ASSIGN_OR_RETURN(const Config read, ReadConfig(config));
  return std::make_unique<AutoencoderTiny>(read, loader);
}

}  // namespace strobe::model
