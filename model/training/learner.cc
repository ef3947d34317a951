#include "model/training/learner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/core/grad_mode.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {

double ClipGradientNorm(const std::vector<LearningGroup>& groups, double max_norm) {
  const at::NoGradGuard no_grad;
  double sum = 0.0;
  std::vector<at::Tensor> gradients;
  for (const LearningGroup& group : groups) {
    for (const auto& [name, parameter] : group.parameters->tensors()) {
      if (!parameter.grad().defined()) continue;
      gradients.push_back(parameter.grad());
      const double norm = gradients.back().norm().item<double>();
      sum += norm * norm;
    }
  }
  const double total = std::sqrt(sum);
  if (max_norm > 0.0 && total > max_norm) {
    for (at::Tensor& gradient : gradients) gradient.mul_(max_norm / total);
  }
  return total;
}

Learner::Learner(std::vector<LearningGroup> groups, const LearnerOptions& options)
    : groups_(std::move(groups)), options_(options) {
  for (const LearningGroup& group : groups_) {
    optimizers_.emplace_back(group.parameters, options_.adam);
    averages_.push_back(std::make_unique<ParameterSet>());
    averages_.back()->Add(group.parameters->tensors());
    averages_.back()->SetTrainable(false);
  }
}

absl::StatusOr<LearnerReport> Learner::Step(const at::Tensor& loss, int64_t step) {
  LearnerReport report;
  report.loss = loss.item<double>();
  report.learning_rate = options_.schedule.At(step);
  if (!std::isfinite(report.loss)) {
    return absl::InvalidArgumentError(absl::StrCat("step ", step, ": the loss is ", report.loss));
  }
  for (const LearningGroup& group : groups_) group.parameters->ClearGradients();
  loss.backward();
  report.gradient_norm = ClipGradientNorm(groups_, options_.clip_norm);
  if (!std::isfinite(report.gradient_norm)) {
    return absl::InvalidArgumentError(
        absl::StrCat("step ", step, ": the norm of the gradient is ", report.gradient_norm));
  }
  for (size_t i = 0; i < groups_.size(); ++i) {
    optimizers_[i].Step(step + 1, report.learning_rate * groups_[i].rate_scale);
  }
  UpdateAverages(step);
  return report;
}

void Learner::UpdateAverages(int64_t step) {
  const at::NoGradGuard no_grad;
  // Early on the average looks back no further than the run is old.
  const double age = static_cast<double>(step);
  const double decay = std::min(options_.ema_decay, (1.0 + age) / (10.0 + age));
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (const auto& [name, average] : averages_[i]->tensors()) {
      average.lerp_(groups_[i].parameters->tensors().at(name), 1.0 - decay);
    }
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
