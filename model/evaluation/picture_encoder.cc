#include "model/evaluation/picture_encoder.h"

#include <string>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr int kGroups = 8;

// What is left of a side after the last stage.
int64_t LastSide(const PictureEncoder::Options& options) {
  int64_t side = options.picture_size;
  for (size_t i = 0; i < options.widths.size(); ++i) side = (side + 1) / 2;
  return side;
}

}  // namespace

at::Tensor UnitRows(const at::Tensor& rows) {
  const at::Tensor wide = rows.to(at::kFloat);
  return wide / wide.square().sum(1, /*keepdim=*/true).sqrt().clamp_min(1e-6);
}

at::Tensor PictureEncoder::Layer::Forward(const at::Tensor& hidden) const {
  return at::silu(norm.Forward(convolution.Forward(hidden)));
}

PictureEncoder::PictureEncoder(StateDictLoader& loader, const Options& options)
    : picture_size_(options.picture_size),
      to_features_(loader, "picture.to_features",
                   {options.widths.back() * LastSide(options) * LastSide(options), kFeatures}),
      to_embedding_(loader, "picture.to_embedding", {kFeatures, kEmbedding}) {
  int64_t channels = 3;
  for (size_t i = 0; i < options.widths.size(); ++i) {
    const int64_t width = options.widths[i];
    const auto layer = [&](const std::string& convolution, const std::string& norm, int64_t from,
                           int64_t stride) {
      Conv2d::Options shape{from, width};
      shape.stride = stride;
      return Layer{Conv2d(loader, convolution, shape), GroupNorm(loader, norm, {width, kGroups})};
    };
    Stage stage{layer(absl::StrCat("picture.convolutions.", i), absl::StrCat("picture.norms.", i),
                      channels, /*stride=*/2),
                {}};
    for (int block = 0; block < options.blocks; ++block) {
      const std::string name = absl::StrCat("picture.blocks.", i, ".", block);
      stage.blocks.push_back(layer(name + ".convolution", name + ".norm", width, /*stride=*/1));
    }
    stages_.push_back(std::move(stage));
    channels = width;
  }
}

at::Tensor PictureEncoder::Features(const at::Tensor& pictures) const {
  at::Tensor hidden = 2.0 * pictures - 1.0;
  if (pictures.size(2) != picture_size_ || pictures.size(3) != picture_size_) {
    hidden = at::upsample_bilinear2d(hidden, {picture_size_, picture_size_}, false);
  }
  for (const Stage& stage : stages_) {
    hidden = stage.halving.Forward(hidden);
    for (const Layer& block : stage.blocks) hidden = hidden + block.Forward(hidden);
  }
  return to_features_.Forward(hidden.flatten(1)).to(at::kFloat);
}

at::Tensor PictureEncoder::Embed(const at::Tensor& features) const {
  return UnitRows(to_embedding_.Forward(at::silu(features)));
}

}  // namespace strobe::model
