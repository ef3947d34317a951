#include "model/denoiser/unet/unet_activation_estimate.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace strobe::model {
namespace {

// Follows a call and keeps its worst moment.
class Walk {
 public:
  Walk(int64_t height, int64_t width) : height_(height), width_(width) {}

  // Input, its normalized copy, and the two convolutions' results.
  void Resnet(int64_t in_channels, int64_t out_channels) {
    Visit(2 * in_channels + 2 * out_channels);
  }

  // Residual and normalized tokens beside the gated feed-forward's 8 and 4 widths.
  void Transformer(int64_t channels) { Visit(14 * channels); }

  void PushSkip(int64_t channels) {
    skips_.push_back(channels * height_ * width_);
    kept_ += skips_.back();
  }

  void PopSkip() {
    kept_ -= skips_.back();
    skips_.pop_back();
  }

  void Halve() {
    sizes_.emplace_back(height_, width_);
    height_ = (height_ + 1) / 2;
    width_ = (width_ + 1) / 2;
  }

  void Double() {
    std::tie(height_, width_) = sizes_.back();
    sizes_.pop_back();
  }

  int64_t peak() const { return peak_; }

 private:
  void Visit(int64_t channels) { peak_ = std::max(peak_, kept_ + channels * height_ * width_); }

  int64_t height_;
  int64_t width_;
  std::vector<std::pair<int64_t, int64_t>> sizes_;
  std::vector<int64_t> skips_;
  int64_t kept_ = 0;
  int64_t peak_ = 0;
};

void WalkDown(const UNet2DConditionConfig& config, Walk& walk) {
  int64_t channels = config.blocks.front().channels;
  walk.PushSkip(channels);
  for (size_t i = 0; i < config.blocks.size(); ++i) {
    const UNetBlockConfig& block = config.blocks[i];
    for (int64_t j = 0; j < block.layers; ++j) {
      walk.Resnet(channels, block.channels);
      channels = block.channels;
      if (block.down_attention) walk.Transformer(channels);
      walk.PushSkip(channels);
    }
    if (i + 1 == config.blocks.size()) break;
    walk.Halve();
    walk.PushSkip(channels);
  }
}

void WalkUp(const UNet2DConditionConfig& config, Walk& walk) {
  int64_t channels = config.blocks.back().channels;
  for (size_t i = config.blocks.size(); i-- > 0;) {
    const UNetBlockConfig& block = config.blocks[i];
    for (int64_t j = 0; j <= block.layers; ++j) {
      walk.PopSkip();
      walk.Resnet(channels + block.channels, block.channels);
      channels = block.channels;
      if (block.up_attention) walk.Transformer(channels);
    }
    if (i > 0) walk.Double();
  }
}

}  // namespace

int64_t EstimateUNetActivations(const UNet2DConditionConfig& config, int64_t height,
                                int64_t width) {
  Walk walk(height, width);
  WalkDown(config, walk);
  const int64_t channels = config.blocks.back().channels;
  if (config.mid_block != UNetMidBlockType::kNone) walk.Resnet(channels, channels);
  if (config.mid_block == UNetMidBlockType::kCrossAttention) walk.Transformer(channels);
  WalkUp(config, walk);
  return walk.peak();
}

}  // namespace strobe::model
