#include "model/denoiser/unet/transformer_2d_model.h"

#include <ATen/TensorOperators.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr double kGroupNormEps = 1e-6;

// [B, C, h, w] to [B, h * w, C].
at::Tensor ToTokens(const at::Tensor& image) { return image.flatten(2).transpose(1, 2); }

// The other way round, to the shape of `like`.
at::Tensor ToImage(const at::Tensor& tokens, const at::Tensor& like) {
  return tokens.transpose(1, 2).reshape(like.sizes()).contiguous(like.suggest_memory_format());
}

}  // namespace

Transformer2DModel::Projection Transformer2DModel::MakeProjection(StateDictLoader& loader,
                                                                  const std::string& name,
                                                                  const Options& options) {
  if (options.use_linear_projection) {
    return Linear(loader, name, {options.channels, options.channels});
  }
  return Conv2d(loader, name, {options.channels, options.channels, 1});
}

Transformer2DModel::Transformer2DModel(StateDictLoader& loader, const std::string& name,
                                       const Options& options)
    : norm_(loader, name + ".norm", {options.channels, options.norm_num_groups, kGroupNormEps}),
      proj_in_(MakeProjection(loader, name + ".proj_in", options)),
      proj_out_(MakeProjection(loader, name + ".proj_out", options)) {
  blocks_.reserve(options.layers);
  for (int64_t i = 0; i < options.layers; ++i) {
    blocks_.emplace_back(loader, absl::StrCat(name, ".transformer_blocks.", i),
                         BasicTransformerBlock::Options{options.channels, options.heads,
                                                        options.cross_attention_dim});
  }
}

at::Tensor Transformer2DModel::Forward(const at::Tensor& input,
                                       const at::Tensor& encoder_hidden_states) const {
  const at::Tensor normed = norm_.Forward(input);
  const auto* linear_in = std::get_if<Linear>(&proj_in_);
  at::Tensor tokens = linear_in != nullptr ? linear_in->Forward(ToTokens(normed))
                                           : ToTokens(std::get<Conv2d>(proj_in_).Forward(normed));
  for (const BasicTransformerBlock& block : blocks_) {
    tokens = block.Forward(tokens, encoder_hidden_states);
  }
  const auto* linear_out = std::get_if<Linear>(&proj_out_);
  return input + (linear_out != nullptr
                      ? ToImage(linear_out->Forward(tokens), input)
                      : std::get<Conv2d>(proj_out_).Forward(ToImage(tokens, input)));
}

}  // namespace strobe::model
