#include "model/training/networks/adam_w.h"

#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
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
  std::vector<at::Tensor> parameters;
  std::vector<at::Tensor> gradients;
  std::vector<at::Tensor> first;
  std::vector<at::Tensor> second;
  for (const auto& [name, parameter] : parameters_->tensors()) {
    if (!parameter.grad().defined()) continue;
    parameters.push_back(parameter);
    gradients.push_back(parameter.grad());
    first.push_back(first_moments_.at(name));
    second.push_back(second_moments_.at(name));
  }
  if (parameters.empty()) return;
  // One number for all of them: it is only read.
  const std::vector<at::Tensor> updates(
      parameters.size(), at::full({}, static_cast<double>(update), parameters.front().options()));
  at::_fused_adamw_(parameters, gradients, first, second, /*max_exp_avg_sqs=*/{}, updates,
                    learning_rate, options_.beta1, options_.beta2, options_.weight_decay,
                    options_.eps, /*amsgrad=*/false, /*maximize=*/false);
}

StateDict AdamW::State() const {
  StateDict state;
  for (const auto& [name, tensor] : first_moments_) state[absl::StrCat("first.", name)] = tensor;
  for (const auto& [name, tensor] : second_moments_) state[absl::StrCat("second.", name)] = tensor;
  return state;
}

}  // namespace strobe::model
