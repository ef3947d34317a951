// Multi-head attention under diffusers' names.

#ifndef STROBE_MODEL_LAYERS_ATTENTION_H_
#define STROBE_MODEL_LAYERS_ATTENTION_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/linear.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Self- or cross-attention without mask: softmax(q * k^T / sqrt(head width)) * v, then a linear
// layer with bias. Immutable; copies share the weights.
class Attention {
 public:
  struct Options {
    int64_t width = 0;          // of the queries and of the result; a multiple of heads
    int64_t context_width = 0;  // of what keys and values are made from
    int64_t heads = 1;
    bool qkv_bias = false;
  };

  // Takes `name`.{to_q,to_k,to_v,to_out.0}, or {query,key,value,proj_attn} as old files spell them.
  Attention(StateDictLoader& loader, const std::string& name, const Options& options);

  // `input`: [B, n, width]; `context`: [B, m, context_width], `input` itself for self-attention.
  // Returns [B, n, width].
  at::Tensor Forward(const at::Tensor& input, const at::Tensor& context) const;

 private:
  at::Tensor SplitHeads(const at::Tensor& x) const;

  Linear to_q_;
  Linear to_k_;
  Linear to_v_;
  Linear to_out_;
  int64_t heads_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_ATTENTION_H_
