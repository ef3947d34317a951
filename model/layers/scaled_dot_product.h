// softmax(q k^T / sqrt(d)) v, by the kernel that is fast for the purpose.

#ifndef STROBE_MODEL_LAYERS_SCALED_DOT_PRODUCT_H_
#define STROBE_MODEL_LAYERS_SCALED_DOT_PRODUCT_H_

#include <ATen/core/Tensor.h>

namespace strobe::model {

// `query`, `key`, `value`: [B, heads, tokens, width of a head]; returns the shape and dtype of
// `query`. `causal`: a token sees itself and what is before it. On a CPU in bfloat16 what wants a
// gradient is computed in float32: LibTorch 2.11's backward kernel for bfloat16 takes 20 times as
// long.
at::Tensor ScaledDotProduct(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            bool causal = false);

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_SCALED_DOT_PRODUCT_H_
