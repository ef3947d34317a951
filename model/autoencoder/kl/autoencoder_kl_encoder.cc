#include "model/autoencoder/kl/autoencoder_kl_encoder.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "model/autoencoder/kl/autoencoder_kl_config.h"
#include "model/autoencoder/kl/autoencoder_kl_mid_block.h"
#include "model/layers/conv_2d.h"
#include "model/layers/normalization.h"
#include "model/layers/resnet_block_2d.h"

namespace strobe::model {
namespace {

constexpr double kEncoderNormEps = 1e-6;

// What the decoder's config leaves out.
absl::Status CheckEncoderOptions(const nlohmann::json& json, size_t num_blocks) {
  JsonReader reader("AutoencoderKL config", json);
  reader.RequireOneOf("in_channels", {3});
  const auto types = reader.GetStrings("down_block_types",
                                       std::vector<std::string>(num_blocks, "DownEncoderBlock2D"));
  for (const std::string& type : types) {
    if (type == "DownEncoderBlock2D") continue;
    reader.AddProblem(absl::StrCat("unsupported down_block_types \"", type,
                                   "\" (supported: \"DownEncoderBlock2D\")"));
  }
  if (types.size() != num_blocks) {
    reader.AddProblem(absl::StrCat("block_out_channels and down_block_types have ", num_blocks,
                                   " and ", types.size(), " entries, expected as many in each"));
  }
  return reader.status();
}

// Half the size: a convolution of stride 2 whose padding is to the right and below alone.
class Downsampler {
 public:
  Downsampler(StateDictLoader& loader, const std::string& name, int64_t channels)
      : weight_(loader.Take(name + ".conv.weight", {channels, channels, 3, 3})),
        bias_(loader.Take(name + ".conv.bias", {channels})) {}

  at::Tensor Forward(const at::Tensor& input) const {
    return at::conv2d(at::constant_pad_nd(input, {0, 1, 0, 1}), weight_, bias_, /*stride=*/{2, 2});
  }

 private:
  at::Tensor weight_;
  at::Tensor bias_;
};

struct DownEncoderBlock2D {
  std::vector<ResnetBlock2D> resnets;
  std::optional<Downsampler> downsampler;
};

class AutoencoderKLEncoder final : public ImageEncoder {
 public:
  AutoencoderKLEncoder(const AutoencoderKLConfig& config, StateDictLoader& loader)
      : config_(config),
        conv_in_(loader, "encoder.conv_in", {3, config.block_out_channels.front()}),
        mid_block_(loader, "encoder.mid_block",
                   {config.block_out_channels.back(), config.norm_num_groups, kEncoderNormEps,
                    config.mid_block_add_attention}),
        conv_norm_out_(loader, "encoder.conv_norm_out",
                       {config.block_out_channels.back(), config.norm_num_groups, kEncoderNormEps}),
        conv_out_(loader, "encoder.conv_out",
                  {config.block_out_channels.back(), 2 * config.latent_channels}) {
    if (config.use_quant_conv) {
      quant_conv_.emplace(
          loader, "quant_conv",
          Conv2d::Options{2 * config.latent_channels, 2 * config.latent_channels, 1});
    }
    AddDownBlocks(loader);
    loader.Ignore("decoder.");
    loader.Ignore("post_quant_conv.");
  }

  at::Tensor Encode(const at::Tensor& pictures) const override {
    at::Tensor hidden = conv_in_.Forward(2 * pictures - 1);
    for (const DownEncoderBlock2D& block : down_blocks_) {
      for (const ResnetBlock2D& resnet : block.resnets) hidden = resnet.Forward(hidden, {});
      if (block.downsampler.has_value()) hidden = block.downsampler->Forward(hidden);
    }
    hidden = conv_out_.Forward(conv_norm_out_.ForwardSilu(mid_block_.Forward(hidden)));
    if (quant_conv_.has_value()) hidden = quant_conv_->Forward(hidden);
    return Scale(hidden.narrow(1, 0, config_.latent_channels).to(at::kFloat));
  }

 private:
  // The inverse of what the decoder does to latents.
  at::Tensor Scale(const at::Tensor& latents) const {
    if (config_.latents_mean.empty()) return latents * config_.scaling_factor;
    const auto column = [&](const std::vector<double>& values) {
      return at::tensor(at::ArrayRef<double>(values))
          .to(latents.device(), at::kFloat)
          .view({1, -1, 1, 1});
    };
    return (latents - column(config_.latents_mean)) * config_.scaling_factor /
           column(config_.latents_std);
  }

  void AddDownBlocks(StateDictLoader& loader) {
    const std::vector<int64_t>& widths = config_.block_out_channels;
    int64_t above = widths.front();
    for (size_t i = 0; i < widths.size(); ++i) {
      const std::string name = absl::StrCat("encoder.down_blocks.", i);
      DownEncoderBlock2D block;
      for (int64_t j = 0; j < config_.layers_per_block; ++j) {
        block.resnets.emplace_back(
            loader, absl::StrCat(name, ".resnets.", j),
            ResnetBlock2D::Options{above, widths[i], /*time_embedding_dim=*/0,
                                   config_.norm_num_groups, kEncoderNormEps});
        above = widths[i];
      }
      if (i + 1 < widths.size()) {
        block.downsampler.emplace(loader, name + ".downsamplers.0", widths[i]);
      }
      down_blocks_.push_back(std::move(block));
    }
  }

  AutoencoderKLConfig config_;
  Conv2d conv_in_;
  std::vector<DownEncoderBlock2D> down_blocks_;
  AutoencoderKLMidBlock mid_block_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
  std::optional<Conv2d> quant_conv_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageEncoder>> CreateAutoencoderKLEncoder(
    const nlohmann::json& config, LatentStatistics statistics, StateDictLoader& loader) {
  STROBE_ASSIGN_OR_RETURN(const AutoencoderKLConfig read,
                          AutoencoderKLConfig::FromJson(config, statistics));
  STROBE_RETURN_IF_ERROR(CheckEncoderOptions(config, read.block_out_channels.size()));
  return std::make_unique<AutoencoderKLEncoder>(read, loader);
}

}  // namespace strobe::model
