#include "model/training/networks/learner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::model {

double ClipGradientNorm(const std::vector<LearningGroup>& groups, double max_norm) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> gradients;
  for (const LearningGroup& group : groups) {
    for (const auto& [name, parameter] : group.parameters->tensors()) {
      if (parameter.grad().defined()) gradients.push_back(parameter.grad());
    }
  }
  if (gradients.empty()) return 0.0;
  const double total = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (max_norm > 0.0 && total > max_norm) at::_foreach_mul_(gradients, max_norm / total);
  return total;
}

Learner::Learner(std::vector<LearningGroup> groups, const LearnerOptions& options)
    : groups_(std::move(groups)), options_(options) {
  for (const LearningGroup& group : groups_) {
    optimizers_.emplace_back(group.parameters, options_.adam);
    averages_.push_back(std::make_unique<ParameterSet>(group.parameters->device()));
    averages_.back()->Add(group.parameters->tensors());
    averages_.back()->SetTrainable(false);
  }
}

absl::Status Learner::Accumulate(const at::Tensor& loss, int64_t step, int parts) {
  const double value = loss.item<double>();
  if (!std::isfinite(value)) {
    DropGradients();
    return absl::InvalidArgumentError(absl::StrCat("step ", step, ": the loss is ", value));
  }
  accumulated_loss_ += value / parts;
  (loss / parts).backward();
  return absl::OkStatus();
}

absl::StatusOr<LearnerReport> Learner::Update(int64_t step) {
  LearnerReport report;
  report.loss = accumulated_loss_;
  report.learning_rate = options_.schedule.At(step);
  report.gradient_norm = ClipGradientNorm(groups_, options_.clip_norm);
  const bool is_finite = std::isfinite(report.gradient_norm);
  for (size_t i = 0; is_finite && i < groups_.size(); ++i) {
    optimizers_[i].Step(step + 1, report.learning_rate * groups_[i].rate_scale);
  }
  DropGradients();
  if (!is_finite) {
    return absl::InvalidArgumentError(
        absl::StrCat("step ", step, ": the norm of the gradient is ", report.gradient_norm));
  }
  UpdateAverages(step);
  return report;
}

absl::StatusOr<LearnerReport> Learner::Step(const at::Tensor& loss, int64_t step) {
  STROBE_RETURN_IF_ERROR(Accumulate(loss, step));
  return Update(step);
}

void Learner::DropGradients() {
  accumulated_loss_ = 0.0;
  for (const LearningGroup& group : groups_) group.parameters->ClearGradients();
}

void Learner::UpdateAverages(int64_t step) {
  const at::NoGradGuard no_grad;
  // Early on the average looks back no further than the run is old.
  const double age = static_cast<double>(step);
  const double decay = std::min(options_.ema_decay, (1.0 + age) / (10.0 + age));
  for (size_t i = 0; i < groups_.size(); ++i) {
    std::vector<at::Tensor> averages;
    std::vector<at::Tensor> parameters;
    for (const auto& [name, average] : averages_[i]->tensors()) {
      averages.push_back(average);
      parameters.push_back(groups_[i].parameters->tensors().at(name));
    }
    at::_foreach_lerp_(averages, parameters, 1.0 - decay);
  }
}

StateDict Learner::State() const {
  StateDict state;
  for (size_t i = 0; i < groups_.size(); ++i) {
    const std::string& group = groups_[i].name;
    for (const auto& [name, tensor] : groups_[i].parameters->tensors()) {
      state[absl::StrCat(group, "/weights.", name)] = tensor.detach();
    }
    for (const auto& [name, tensor] : averages_[i]->tensors()) {
      state[absl::StrCat(group, "/average.", name)] = tensor;
    }
    for (const auto& [name, tensor] : optimizers_[i].State()) {
      state[absl::StrCat(group, "/", name)] = tensor;
    }
  }
  return state;
}

}  // namespace strobe::model
