#include "model/training/methods/discriminator_head.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/silu.h>

namespace strobe::model {
namespace {

constexpr int64_t kWidth = 64;

}  // namespace

DiscriminatorHead::DiscriminatorHead(StateDictLoader& loader, const std::string& name,
                                     int64_t channels, int64_t prompt_width)
    : reduce_(loader, name + ".reduce", Conv2d::Options{channels, kWidth, 1}),
      mix_(loader, name + ".mix", Conv2d::Options{kWidth, kWidth}),
      score_(loader, name + ".score", Conv2d::Options{kWidth, 1, 1}),
      project_(loader, name + ".project", Linear::Options{prompt_width, kWidth}) {}

at::Tensor DiscriminatorHead::Forward(const at::Tensor& features, const at::Tensor& prompt) const {
  at::Tensor hidden = at::group_norm(features.to(at::kFloat), /*num_groups=*/1);
  hidden = at::silu(reduce_.Forward(hidden));
  hidden = at::silu(mix_.Forward(hidden));
  // The last position of a causal text encoder has seen the whole prompt.
  const at::Tensor wanted = project_.Forward(prompt.select(1, -1)).view({-1, kWidth, 1, 1});
  const at::Tensor logits =
      score_.Forward(hidden).squeeze(1).to(at::kFloat) + (hidden * wanted).to(at::kFloat).mean(1);
  return logits.flatten(1);
}

}  // namespace strobe::model
