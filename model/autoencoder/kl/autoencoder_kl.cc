#include "model/autoencoder/kl/autoencoder_kl.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/autoencoder/kl/autoencoder_kl_config.h"
#include "model/autoencoder/kl/autoencoder_kl_mid_block.h"
#include "model/layers/conv_2d.h"
#include "model/layers/normalization.h"
#include "model/layers/resnet_block_2d.h"
#include "model/layers/upsample_2d.h"

namespace strobe::model {
namespace {

constexpr double kNormEps = 1e-6;

// Resnets, then twice the size unless it is the last block.
class UpDecoderBlock2D {
 public:
  UpDecoderBlock2D(StateDictLoader& loader, const std::string& name,
                   const ResnetBlock2D::Options& first_resnet, int64_t layers, bool upsample) {
    ResnetBlock2D::Options resnet = first_resnet;
    for (int64_t j = 0; j < layers; ++j) {
      resnets_.emplace_back(loader, absl::StrCat(name, ".resnets.", j), resnet);
      resnet.in_channels = resnet.out_channels;
    }
    if (upsample) upsampler_.emplace(loader, name + ".upsamplers.0", resnet.out_channels);
  }

  at::Tensor Forward(at::Tensor hidden) const {
    for (const ResnetBlock2D& resnet : resnets_) hidden = resnet.Forward(hidden, {});
    if (!upsampler_.has_value()) return hidden;
    return upsampler_->Forward(hidden, 2 * hidden.size(2), 2 * hidden.size(3));
  }

 private:
  std::vector<ResnetBlock2D> resnets_;
  std::optional<Upsample2D> upsampler_;
};

class AutoencoderKL final : public ImageDecoder {
 public:
  AutoencoderKL(const AutoencoderKLConfig& config, StateDictLoader& loader)
      : config_(config),
        conv_in_(loader, "decoder.conv_in",
                 {config.latent_channels, config.block_out_channels.back()}),
        mid_block_(loader, "decoder.mid_block",
                   {config.block_out_channels.back(), config.norm_num_groups, kNormEps,
                    config.mid_block_add_attention}),
        conv_norm_out_(loader, "decoder.conv_norm_out",
                       {config.block_out_channels.front(), config.norm_num_groups, kNormEps}),
        conv_out_(loader, "decoder.conv_out", {config.block_out_channels.front(), 3}) {
    if (config.use_post_quant_conv) {
      post_quant_conv_.emplace(loader, "post_quant_conv",
                               Conv2d::Options{config.latent_channels, config.latent_channels, 1});
    }
    AddUpBlocks(loader);
    loader.Ignore("encoder.");
    loader.Ignore("quant_conv.");
  }

  // A resnet's input, its normalized copy and the two convolutions' results, at the largest size.
  int64_t EstimateActivations(int64_t height, int64_t width) const override {
    const auto& widths = config_.block_out_channels;
    const int64_t cells = height * width * scale_factor() * scale_factor();
    const int64_t below = widths.size() > 1 ? widths[1] : widths[0];
    return cells * 2 * (below + widths[0]);
  }

  at::ScalarType dtype() const override { return conv_in_.dtype(); }
  int latent_channels() const override { return static_cast<int>(config_.latent_channels); }
  int scale_factor() const override { return 1 << (config_.block_out_channels.size() - 1); }

 private:
  at::Tensor Run(const at::Tensor& latents, at::ScalarType dtype) const override {
    at::Tensor hidden = Unscale(latents).to(dtype);
    if (post_quant_conv_.has_value()) hidden = post_quant_conv_->Forward(hidden);
    hidden = mid_block_.Forward(conv_in_.Forward(hidden));
    for (const UpDecoderBlock2D& block : up_blocks_) hidden = block.Forward(std::move(hidden));
    const at::Tensor image = conv_out_.Forward(conv_norm_out_.ForwardSilu(hidden));
    return image.to(at::kFloat) / 2 + 0.5;
  }

  at::Tensor Unscale(const at::Tensor& latents) const {
    if (config_.latents_mean.empty()) return latents / config_.scaling_factor;
    const auto column = [&](const std::vector<double>& values) {
      return at::tensor(at::ArrayRef<double>(values), latents.options()).view({1, -1, 1, 1});
    };
    return latents * column(config_.latents_std) / config_.scaling_factor +
           column(config_.latents_mean);
  }

  ResnetBlock2D::Options Resnet(int64_t in_channels, int64_t out_channels) const {
    return {in_channels, out_channels, /*time_embedding_dim=*/0, config_.norm_num_groups, kNormEps};
  }

  void AddUpBlocks(StateDictLoader& loader) {
    const std::vector<int64_t> widths(config_.block_out_channels.rbegin(),
                                      config_.block_out_channels.rend());
    int64_t below = widths.front();
    for (size_t i = 0; i < widths.size(); ++i) {
      up_blocks_.emplace_back(loader, absl::StrCat("decoder.up_blocks.", i),
                              Resnet(below, widths[i]), config_.layers_per_block + 1,
                              /*upsample=*/i + 1 < widths.size());
      below = widths[i];
    }
  }

  AutoencoderKLConfig config_;
  std::optional<Conv2d> post_quant_conv_;
  Conv2d conv_in_;
  AutoencoderKLMidBlock mid_block_;
  std::vector<UpDecoderBlock2D> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateAutoencoderKL(const nlohmann::json& config,
                                                                  LatentStatistics statistics,
                                                                  StateDictLoader& loader) {
  STROBE_ASSIGN_OR_RETURN(const AutoencoderKLConfig read,
                          AutoencoderKLConfig::FromJson(config, statistics));
  return std::make_unique<AutoencoderKL>(read, loader);
}

}  // namespace strobe::model
