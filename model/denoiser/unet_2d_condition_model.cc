#include "model/denoiser/unet_2d_condition_model.h"

#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/silu.h>

#include "absl/strings/str_cat.h"
#include "model/denoiser/down_block_2d.h"
#include "model/denoiser/time_embedding.h"
#include "model/denoiser/unet_mid_block_2d.h"
#include "model/denoiser/up_block_2d.h"
#include "model/layers/conv_2d.h"
#include "model/layers/normalization.h"

namespace strobe::model {
namespace {

class UNet final : public UNet2DConditionModel {
 public:
  UNet(const UNet2DConditionConfig& config, StateDictLoader& loader);

  at::Tensor Forward(const at::Tensor& sample, const at::Tensor& timesteps,
                     const at::Tensor& encoder_hidden_states) const override;
  at::Tensor MidFeatures(const at::Tensor& sample, const at::Tensor& timesteps,
                         const at::Tensor& encoder_hidden_states) const override;
  const UNet2DConditionConfig& config() const override { return config_; }

 private:
  // Down to the mid block's output; `skips` gets what the way up needs.
  at::Tensor Descend(const at::Tensor& sample, const at::Tensor& time, const at::Tensor& context,
                     std::vector<at::Tensor>& skips) const;
  void AddDownBlocks(StateDictLoader& loader);
  void AddUpBlocks(StateDictLoader& loader);
  ResnetBlock2D::Options ResnetOptions(int64_t in_channels, int64_t out_channels) const;
  Transformer2DModel::Options AttentionOptions(const UNetBlockConfig& block) const;

  UNet2DConditionConfig config_;
  Conv2d conv_in_;
  TimeEmbedding time_embedding_;
  std::vector<DownBlock2D> down_blocks_;
  UNetMidBlock2DCrossAttn mid_block_;
  std::vector<UpBlock2D> up_blocks_;
  GroupNorm conv_norm_out_;
  Conv2d conv_out_;
};

UNet::UNet(const UNet2DConditionConfig& config, StateDictLoader& loader)
    : config_(config),
      conv_in_(loader, "conv_in",
               {config.in_channels, config.blocks.front().channels, config.conv_in_kernel}),
      time_embedding_(loader, "time_embedding",
                      {config.blocks.front().channels, config.time_embedding_dim,
                       config.flip_sin_to_cos, config.freq_shift}),
      mid_block_(loader, "mid_block",
                 {ResnetOptions(config.blocks.back().channels, config.blocks.back().channels),
                  AttentionOptions(config.blocks.back())}),
      conv_norm_out_(loader, "conv_norm_out",
                     {config.blocks.front().channels, config.norm_num_groups, config.norm_eps}),
      conv_out_(loader, "conv_out",
                {config.blocks.front().channels, config.out_channels, config.conv_out_kernel}) {
  AddDownBlocks(loader);
  AddUpBlocks(loader);
}

void UNet::AddDownBlocks(StateDictLoader& loader) {
  int64_t channels = config_.blocks.front().channels;
  for (size_t i = 0; i < config_.blocks.size(); ++i) {
    const UNetBlockConfig& block = config_.blocks[i];
    DownBlock2D::Options options;
    options.layers = block.layers;
    options.resnet = ResnetOptions(channels, block.channels);
    if (block.down_attention) options.attention = AttentionOptions(block);
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
  return {block.channels,           block.attention_heads,
          block.transformer_layers, block.cross_attention_dim,
          config_.norm_num_groups,  config_.use_linear_projection};
}

at::Tensor UNet::Forward(const at::Tensor& sample, const at::Tensor& timesteps,
                         const at::Tensor& encoder_hidden_states) const {
  const at::Tensor time = at::silu(time_embedding_.Forward(timesteps));
  const at::Tensor context = encoder_hidden_states.to(conv_in_.dtype());
  std::vector<at::Tensor> skips;
  at::Tensor hidden = Descend(sample, time, context, skips);
  for (const UpBlock2D& block : up_blocks_) {
    hidden = block.Forward(std::move(hidden), time, context, skips);
  }
  return conv_out_.Forward(at::silu(conv_norm_out_.Forward(hidden)));
}

at::Tensor UNet::MidFeatures(const at::Tensor& sample, const at::Tensor& timesteps,
                             const at::Tensor& encoder_hidden_states) const {
  std::vector<at::Tensor> skips;
  return Descend(sample, at::silu(time_embedding_.Forward(timesteps)),
                 encoder_hidden_states.to(conv_in_.dtype()), skips);
}

at::Tensor UNet::Descend(const at::Tensor& sample, const at::Tensor& time,
                         const at::Tensor& context, std::vector<at::Tensor>& skips) const {
  at::Tensor hidden = sample.to(conv_in_.dtype());
  if (config_.center_input_sample) hidden = 2 * hidden - 1;

  hidden = conv_in_.Forward(hidden);
  skips.push_back(hidden);
  for (const DownBlock2D& block : down_blocks_) {
    hidden = block.Forward(std::move(hidden), time, context, skips);
  }
  return mid_block_.Forward(hidden, time, context);
}

}  // namespace

std::unique_ptr<UNet2DConditionModel> UNet2DConditionModel::Create(
    const UNet2DConditionConfig& config, StateDictLoader& loader) {
  return std::make_unique<UNet>(config, loader);
}

}  // namespace strobe::model
