#include "model/denoiser/unet/basic_transformer_block.h"

#include <ATen/TensorOperators.h>

namespace strobe::model {
namespace {

constexpr double kLayerNormEps = 1e-5;

}  // namespace

BasicTransformerBlock::BasicTransformerBlock(StateDictLoader& loader, const std::string& name,
                                             const Options& options)
    : norm1_(loader, name + ".norm1", options.width, kLayerNormEps),
      attn1_(loader, name + ".attn1", {options.width, options.width, options.heads}),
      norm2_(loader, name + ".norm2", options.width, kLayerNormEps),
      attn2_(loader, name + ".attn2", {options.width, options.cross_attention_dim, options.heads}),
      norm3_(loader, name + ".norm3", options.width, kLayerNormEps),
      feed_forward_(loader, name + ".ff", options.width) {}

at::Tensor BasicTransformerBlock::Forward(const at::Tensor& input,
                                          const at::Tensor& encoder_hidden_states) const {
  const at::Tensor normed = norm1_.Forward(input);
  at::Tensor hidden = input + attn1_.Forward(normed, normed);
  hidden = hidden + attn2_.Forward(norm2_.Forward(hidden), encoder_hidden_states);
  return hidden + feed_forward_.Forward(norm3_.Forward(hidden));
}

}  // namespace strobe::model
