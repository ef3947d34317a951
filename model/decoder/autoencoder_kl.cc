#include "model/decoder/autoencoder_kl.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/layers/attention.h"
#include "model/layers/config_reader.h"
#include "model/layers/conv_2d.h"
#include "model/layers/normalization.h"
#include "model/layers/resnet_block_2d.h"
#include "model/layers/upsample_2d.h"

namespace strobe::model {
namespace {

constexpr double kNormEps = 1e-6;
constexpr char kMidAttention[] = "decoder.mid_block.attentions.0";

struct Config {
  int64_t latent_channels = 4;
  std::vector<int64_t> block_out_channels;  // from the largest picture to the smallest
  int64_t layers_per_block = 1;             // one more on the way up
  int64_t norm_num_groups = 32;
  double scaling_factor = 0.18215;
  std::vector<double> latents_mean;  // one a channel; empty: 0
  std::vector<double> latents_std;   // one a channel; empty: 1
  bool use_post_quant_conv = true;
  bool mid_block_add_attention = true;
};

// SDXL's pipeline honours the latents' statistics where both are there.
void ReadLatentStatistics(const nlohmann::json& json, ConfigReader& reader, Config& config) {
  if (!json.is_object()) return;
  const auto mean = json.find("latents_mean");
  const auto std = json.find("latents_std");
  const bool has_both =
      mean != json.end() && std != json.end() && !mean->is_null() && !std->is_null();
  if (!has_both) return;
  for (const auto& [values, destination] :
       {std::pair(mean, &config.latents_mean), std::pair(std, &config.latents_std)}) {
    const bool fits = values->is_array() &&
                      values->size() == static_cast<size_t>(config.latent_channels) &&
                      std::all_of(values->begin(), values->end(),
                                  [](const nlohmann::json& v) { return v.is_number(); });
    if (!fits) {
      reader.AddProblem("latents_mean and latents_std must have a number for each latent channel");
      return;
    }
    *destination = values->get<std::vector<double>>();
  }
}

// force_upcast is only checked here: DecoderDtype acts on it before the weights are read.
absl::StatusOr<Config> ReadConfig(const nlohmann::json& json, DecoderFamily family) {
  ConfigReader reader("AutoencoderKL config", json);
  Config config;
  config.latent_channels = reader.GetInt("latent_channels", 4);
  if (family == DecoderFamily::kStableDiffusionXl) ReadLatentStatistics(json, reader, config);
  config.block_out_channels = reader.GetInts("block_out_channels", {64});
  config.layers_per_block = reader.GetInt("layers_per_block", 1, {1, 64});
  config.norm_num_groups = reader.GetInt("norm_num_groups", 32);
  config.scaling_factor = reader.GetDouble("scaling_factor", 0.18215);
  config.use_post_quant_conv = reader.GetBool("use_post_quant_conv", true);
  config.mid_block_add_attention = reader.GetBool("mid_block_add_attention", true);
  reader.GetBool("force_upcast", true);
  reader.RequireOneOf("out_channels", {3});
  reader.RequireOneOf("act_fn", {"silu", "swish"});
  reader.RequireOneOf("shift_factor", {nullptr, 0});

  const auto types = reader.GetStrings("up_block_types", {"UpDecoderBlock2D"});
  for (const std::string& type : types) {
    if (type == "UpDecoderBlock2D") continue;
    reader.AddProblem(absl::StrCat("unsupported up_block_types \"", type,
                                   "\" (supported: \"UpDecoderBlock2D\")"));
  }
  if (types.size() != config.block_out_channels.size()) {
    reader.AddProblem(absl::StrCat("block_out_channels and up_block_types have ",
                                   config.block_out_channels.size(), " and ", types.size(),
                                   " entries, expected as many in each"));
  }
  for (const int64_t channels : config.block_out_channels) {
    if (channels % config.norm_num_groups == 0) continue;
    reader.AddProblem(absl::StrCat("block_out_channels has ", channels,
                                   ", not a multiple of norm_num_groups ", config.norm_num_groups));
  }
  if (config.scaling_factor == 0.0) reader.AddProblem("scaling_factor is 0");
  if (!reader.ok()) return reader.status();
  return config;
}

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

// Self-attention of one head over all latent cells.
class MidAttention {
 public:
  MidAttention(StateDictLoader& loader, int64_t channels, int64_t norm_num_groups)
      : group_norm_(loader, std::string(kMidAttention) + ".group_norm",
                    {channels, norm_num_groups, kNormEps}),
        attention_(loader, kMidAttention, {channels, channels, /*heads=*/1, /*qkv_bias=*/true}) {}

  at::Tensor Forward(const at::Tensor& hidden) const {
    const at::Tensor tokens = group_norm_.Forward(hidden).flatten(2).transpose(1, 2);
    const at::Tensor attended = attention_.Forward(tokens, tokens);
    return hidden + attended.transpose(1, 2).reshape(hidden.sizes());
  }

 private:
  GroupNorm group_norm_;
  Attention attention_;
};

class AutoencoderKL final : public ImageDecoder {
 public:
  AutoencoderKL(const Config& config, StateDictLoader& loader)
      : config_(config),
        conv_in_(loader, "decoder.conv_in",
                 {config.latent_channels, config.block_out_channels.back()}),
        mid_resnet_0_(loader, "decoder.mid_block.resnets.0", Resnet(MidWidth(), MidWidth())),
        mid_resnet_1_(loader, "decoder.mid_block.resnets.1", Resnet(MidWidth(), MidWidth())),
        conv_norm_out_(loader, "decoder.conv_norm_out",
                       {config.block_out_channels.front(), config.norm_num_groups, kNormEps}),
        conv_out_(loader, "decoder.conv_out", {config.block_out_channels.front(), 3}) {
    if (config.use_post_quant_conv) {
      post_quant_conv_.emplace(loader, "post_quant_conv",
                               Conv2d::Options{config.latent_channels, config.latent_channels, 1});
    }
    if (config.mid_block_add_attention) {
      mid_attention_.emplace(loader, MidWidth(), config.norm_num_groups);
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
    hidden = mid_resnet_0_.Forward(conv_in_.Forward(hidden), {});
    if (mid_attention_.has_value()) hidden = mid_attention_->Forward(hidden);
    hidden = mid_resnet_1_.Forward(hidden, {});
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

  int64_t MidWidth() const { return config_.block_out_channels.back(); }

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

  Config config_;
  std::optional<Conv2d> post_quant_conv_;
  Conv2d conv_in_;
  ResnetBlock2D mid_resnet_0_;
  std::optional<MidAttention> mid_attention_;
  ResnetBlock2D mid_resnet_1_;
  std::vector<UpDecoderBlock2D> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ImageDecoder>> CreateAutoencoderKL(const nlohmann::json& config,
                                                                  DecoderFamily family,
                                                                  StateDictLoader& loader) {
  const absl::StatusOr<Config> read = ReadConfig(config, family);
  if (!read.ok()) return read.status();
  return std::make_unique<AutoencoderKL>(*read, loader);
}

}  // namespace strobe::model
