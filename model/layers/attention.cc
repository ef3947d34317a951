#include "model/layers/attention.h"

#include "model/layers/scaled_dot_product.h"

namespace strobe::model {
namespace {

std::string Spelling(const StateDictLoader& loader, const std::string& name,
                     const std::string& current, const std::string& old) {
  const bool is_old = loader.Contains(name + "." + old + ".weight");
  return name + "." + (is_old ? old : current);
}

}  // namespace

Attention::Attention(StateDictLoader& loader, const std::string& name, const Options& options)
    : to_q_(loader, Spelling(loader, name, "to_q", "query"),
            {options.width, options.width, options.qkv_bias}),
      to_k_(loader, Spelling(loader, name, "to_k", "key"),
            {options.context_width, options.width, options.qkv_bias}),
      to_v_(loader, Spelling(loader, name, "to_v", "value"),
            {options.context_width, options.width, options.qkv_bias}),
      to_out_(loader, Spelling(loader, name, "to_out.0", "proj_attn"),
              {options.width, options.width}),
      heads_(options.heads) {}

at::Tensor Attention::Forward(const at::Tensor& input, const at::Tensor& context) const {
  const at::Tensor attended =
      ScaledDotProduct(SplitHeads(to_q_.Forward(input)), SplitHeads(to_k_.Forward(context)),
                       SplitHeads(to_v_.Forward(context)));
  return to_out_.Forward(attended.transpose(1, 2).flatten(2));
}

at::Tensor Attention::SplitHeads(const at::Tensor& x) const {
  return x.unflatten(2, {heads_, -1}).transpose(1, 2);
}

}  // namespace strobe::model
