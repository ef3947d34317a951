#include "model/training/adam_w.h"

#include <cmath>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros_like.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {

AdamW::AdamW(ParameterSet* parameters, const AdamWOptions& options)
    : parameters_(parameters), options_(options) {
  for (const auto& [name, tensor] : parameters->tensors()) {
    first_moments_[name] = at::zeros_like(tensor.detach());
    second_moments_[name] = at::zeros_like(tensor.detach());
  }
}

void AdamW::Step(int64_t update, double learning_rate) {
  const at::NoGradGuard no_grad;
  const double bias1 = 1.0 - std::pow(options_.beta1, static_cast<double>(update));
  const double bias2 = 1.0 - std::pow(options_.beta2, static_cast<double>(update));
  for (const auto& [name, parameter] : parameters_->tensors()) {
    const at::Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    at::Tensor& first = first_moments_.at(name);
    at::Tensor& second = second_moments_.at(name);
    parameter.mul_(1.0 - learning_rate * options_.weight_decay);
    first.lerp_(gradient, 1.0 - options_.beta1);
    second.mul_(options_.beta2).addcmul_(gradient, gradient, 1.0 - options_.beta2);
    const at::Tensor scale = second.sqrt().div_(std::sqrt(bias2)).add_(options_.eps);
    parameter.addcdiv_(first, scale, -learning_rate / bias1);
  }
}

StateDict AdamW::State() const {
  StateDict state;
  for (const auto& [name, tensor] : first_moments_) state[absl::StrCat("first.", name)] = tensor;
  for (const auto& [name, tensor] : second_moments_) state[absl::StrCat("second.", name)] = tensor;
  return state;
}

}  // namespace strobe::model
