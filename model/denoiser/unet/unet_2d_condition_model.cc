#include "model/denoiser/unet/unet_2d_condition_model.h"

#include <optional>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/silu.h>
#include <c10/util/Exception.h>

#include "absl/strings/str_cat.h"
#include "model/denoiser/unet/down_block_2d.h"
#include "model/denoiser/unet/time_embedding.h"
#include "model/denoiser/unet/unet_activation_estimate.h"
#include "model/denoiser/unet/unet_mid_block_2d.h"
#include "model/denoiser/unet/up_block_2d.h"
#include "model/layers/conv_2d.h"
#include "model/layers/normalization.h"

namespace strobe::model {
namespace {

class UNet final : public UNet2DConditionModel {
 public:
  UNet(const UNet2DConditionConfig& config, StateDictLoader& loader);

  at::Tensor Forward(const at::Tensor& latents, const at::Tensor& timesteps,
                     const DenoiserConditions& conditions) const override;
  at::Tensor MidFeatures(const at::Tensor& latents, const at::Tensor& timesteps,
                         const DenoiserConditions& conditions) const override;
  const UNet2DConditionConfig& config() const override { return config_; }

 private:
  // Down to the mid block's output; `skips` gets what the way up needs.
  at::Tensor Descend(const at::Tensor& latents, const at::Tensor& time, const at::Tensor& context,
                     std::vector<at::Tensor>& skips) const;
  void AddDownBlocks(StateDictLoader& loader);
  void AddUpBlocks(StateDictLoader& loader);
  ResnetBlock2D::Options ResnetOptions(int64_t in_channels, int64_t out_channels) const;
  Transformer2DModel::Options AttentionOptions(const UNetBlockConfig& block) const;
  void AddMidBlock(StateDictLoader& loader);
  SinusoidOptions SinusoidsOf(int64_t dim) const;
  at::Tensor EmbedTime(const at::Tensor& timesteps, const DenoiserConditions& conditions) const;

  UNet2DConditionConfig config_;
  Conv2d conv_in_;
  TimestepEmbedding time_embedding_;
  std::optional<TimestepEmbedding> add_embedding_;
  std::vector<DownBlock2D> down_blocks_;
  std::optional<UNetMidBlock2D> mid_block_;
  std::vector<UpBlock2D> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

UNet::UNet(const UNet2DConditionConfig& config, StateDictLoader& loader)
    : config_(config),
      conv_in_(loader, "conv_in",
               {config.in_channels, config.blocks.front().channels, config.conv_in_kernel}),
      time_embedding_(
          loader, "time_embedding",
          {config.blocks.front().channels, config.time_embedding_dim, config.time_cond_proj_dim}),
      conv_norm_out_(loader, "conv_norm_out",
                     {config.blocks.front().channels, config.norm_num_groups, config.norm_eps}),
      conv_out_(loader, "conv_out",
                {config.blocks.front().channels, config.out_channels, config.conv_out_kernel}) {
  if (config.text_time.has_value()) {
    add_embedding_.emplace(
        loader, "add_embedding",
        TimestepEmbedding::Options{config.text_time->input_dim, config.time_embedding_dim});
  }
  AddDownBlocks(loader);
  AddMidBlock(loader);
  AddUpBlocks(loader);
}

void UNet::AddMidBlock(StateDictLoader& loader) {
  if (config_.mid_block == UNetMidBlockType::kNone) return;
  const UNetBlockConfig& block = config_.blocks.back();
  UNetMidBlock2D::Options options;
  options.resnet = ResnetOptions(block.channels, block.channels);
  if (config_.mid_block == UNetMidBlockType::kCrossAttention) {
    options.attention = AttentionOptions(block);
    options.attention->layers = block.down_transformer_layers.front();
  }
  mid_block_.emplace(loader, "mid_block", options);
}

void UNet::AddDownBlocks(StateDictLoader& loader) {
  int64_t channels = config_.blocks.front().channels;
  for (size_t i = 0; i < config_.blocks.size(); ++i) {
    const UNetBlockConfig& block = config_.blocks[i];
    DownBlock2D::Options options;
    options.layers = block.layers;
    options.resnet = ResnetOptions(channels, block.channels);
    if (block.down_attention) options.attention = AttentionOptions(block);
    options.transformer_layers = block.down_transformer_layers;
    options.downsample = i + 1 < config_.blocks.size();
    down_blocks_.emplace_back(loader, absl::StrCat("down_blocks.", i), options);
    channels = block.channels;
  }
}

void UNet::AddUpBlocks(StateDictLoader& loader) {
  const auto& blocks = config_.blocks;
  int64_t below_channels = blocks.back().channels;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const size_t level = blocks.size() - 1 - i;
    const UNetBlockConfig& block = blocks[level];
    UpBlock2D::Options options;
    options.channels = block.channels;
    options.below_channels = below_channels;
    // The last skip of a level is what came into it from the level above.
    options.skip_channels.assign(block.layers, block.channels);
    options.skip_channels.push_back(blocks[level == 0 ? 0 : level - 1].channels);
    options.resnet = ResnetOptions(0, block.channels);
    if (block.up_attention) options.attention = AttentionOptions(block);
    options.transformer_layers = block.up_transformer_layers;
    options.upsample = level > 0;
    up_blocks_.emplace_back(loader, absl::StrCat("up_blocks.", i), options);
    below_channels = block.channels;
  }
}

ResnetBlock2D::Options UNet::ResnetOptions(int64_t in_channels, int64_t out_channels) const {
  return {in_channels, out_channels, config_.time_embedding_dim, config_.norm_num_groups,
          config_.norm_eps};
}

Transformer2DModel::Options UNet::AttentionOptions(const UNetBlockConfig& block) const {
  Transformer2DModel::Options options;
  options.channels = block.channels;
  options.heads = block.attention_heads;
  options.cross_attention_dim = block.cross_attention_dim;
  options.norm_num_groups = config_.norm_num_groups;
  options.use_linear_projection = config_.use_linear_projection;
  return options;
}

SinusoidOptions UNet::SinusoidsOf(int64_t dim) const {
  return {dim, config_.flip_sin_to_cos, config_.freq_shift};
}

// SDXL adds an embedding of [pooled prompt, sinusoids of the six sizes] (Podell et al. 2023,
// section 2.2); LCM adds one of the guidance scale to the time's sinusoids.
at::Tensor UNet::EmbedTime(const at::Tensor& timesteps,
                           const DenoiserConditions& conditions) const {
  at::Tensor guidance;
  if (config_.time_cond_proj_dim > 0) {
    TORCH_CHECK(conditions.guidance.defined(), "the network needs a guidance scale");
    guidance = GuidanceSinusoids(conditions.guidance, config_.time_cond_proj_dim);
  }
  const at::Tensor time = time_embedding_.Forward(
      Sinusoids(timesteps, SinusoidsOf(config_.blocks.front().channels)), guidance);
  if (!add_embedding_.has_value()) return time;
  TORCH_CHECK(conditions.pooled.defined() && conditions.sizes.defined(),
              "the network needs a pooled prompt and time ids");
  const at::Tensor sizes =
      Sinusoids(conditions.sizes.flatten(), SinusoidsOf(config_.text_time->time_dim))
          .view({timesteps.size(0), -1});
  const at::Tensor text = conditions.pooled.to(conv_in_.dtype());
  return time + add_embedding_->Forward(at::cat({text, sizes.to(text.dtype())}, 1));
}

at::Tensor UNet::Forward(const at::Tensor& latents, const at::Tensor& timesteps,
                         const DenoiserConditions& conditions) const {
  const at::Tensor time = at::silu(EmbedTime(timesteps, conditions));
  const at::Tensor context = conditions.context.to(conv_in_.dtype());
  std::vector<at::Tensor> skips;
  at::Tensor hidden = Descend(latents, time, context, skips);
  for (const UpBlock2D& block : up_blocks_) {
    hidden = block.Forward(std::move(hidden), time, context, skips);
  }
  return conv_out_.Forward(conv_norm_out_.ForwardSilu(hidden));
}

at::Tensor UNet::MidFeatures(const at::Tensor& latents, const at::Tensor& timesteps,
                             const DenoiserConditions& conditions) const {
  std::vector<at::Tensor> skips;
  return Descend(latents, at::silu(EmbedTime(timesteps, conditions)),
                 conditions.context.to(conv_in_.dtype()), skips);
}

at::Tensor UNet::Descend(const at::Tensor& latents, const at::Tensor& time,
                         const at::Tensor& context, std::vector<at::Tensor>& skips) const {
  at::Tensor hidden = latents.to(conv_in_.dtype());
  if (config_.center_input_sample) hidden = 2 * hidden - 1;

  hidden = conv_in_.Forward(hidden);
  skips.push_back(hidden);
  for (const DownBlock2D& block : down_blocks_) {
    hidden = block.Forward(std::move(hidden), time, context, skips);
  }
  return mid_block_.has_value() ? mid_block_->Forward(hidden, time, context) : hidden;
}

}  // namespace

std::unique_ptr<UNet2DConditionModel> UNet2DConditionModel::Create(
    const UNet2DConditionConfig& config, StateDictLoader& loader) {
  return std::make_unique<UNet>(config, loader);
}

int64_t UNet2DConditionModel::EstimateActivations(int64_t height, int64_t width) const {
  return EstimateUNetActivations(config(), height, width);
}

DenoiserFacts UNet2DConditionModel::facts() const {
  DenoiserFacts facts;
  facts.in_channels = config().in_channels;
  facts.out_channels = config().out_channels;
  facts.context_width = config().cross_attention_dim();
  if (config().text_time.has_value()) facts.pooled_width = config().text_time->text_dim();
  facts.takes_guidance = config().time_cond_proj_dim > 0;
  facts.sample_height = config().sample_height;
  facts.sample_width = config().sample_width;
  return facts;
}

}  // namespace strobe::model
