#include "model/layers/scaled_dot_product.h"

#include <optional>

#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/DispatchKeySet.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

namespace strobe::model {

at::Tensor ScaledDotProduct(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                            bool causal) {
  const auto attend = [causal](const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
    return at::scaled_dot_product_attention(q, k, v, /*attn_mask=*/std::nullopt, /*dropout_p=*/0.0,
                                            causal);
  };
  const bool slow_backward =
      query.requires_grad() && query.is_cpu() && query.scalar_type() == at::kBFloat16;
  if (!slow_backward) return attend(query, key, value);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return attend(query.to(at::kFloat), key.to(at::kFloat), value.to(at::kFloat))
      .to(query.scalar_type());
}

}  // namespace strobe::model
