#include "model/training/methods/teacher_solver.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "model/training/methods/diffusion_loss.h"

namespace strobe::model {
namespace {

constexpr int kLastLabel = 20;        // of 1000: there is hardly any noise left
constexpr double kLeastAlpha = 1e-4;  // of a level without signal, whose log would be infinite

double LogSnr(const NoiseLevel& level) {
  return std::log(std::max(level.alpha, kLeastAlpha) / level.sigma);
}

// One step of every row, from label to label of its path.
struct SolverStep {
  std::vector<double> keep;     // of the latents: sigma' / sigma
  std::vector<double> add;      // of x0hat: alpha' - alpha sigma' / sigma
  std::vector<double> history;  // of x0hat - the x0hat before it
};

SolverStep StepOf(const NoiseSchedule& schedule, const std::vector<std::vector<int>>& paths,
                  size_t j) {
  SolverStep step;
  for (const std::vector<int>& path : paths) {
    const NoiseLevel here = schedule.Level(path[j]);
    const NoiseLevel next = schedule.Level(path[j + 1]);
    const double ratio = next.sigma / here.sigma;
    step.keep.push_back(ratio);
    step.add.push_back(next.alpha - ratio * here.alpha);
    const double before = j == 0 ? 0.0 : LogSnr(here) - LogSnr(schedule.Level(path[j - 1]));
    const double ahead = LogSnr(next) - LogSnr(here);
    step.history.push_back(before > 0.0 ? ahead / (2.0 * before) : 0.0);
  }
  return step;
}

}  // namespace

X0Prediction GuidedPrediction(const UNet2DConditionModel& unet, PredictionType type,
                              const Conditioning& conditioning) {
  return [&unet, type, conditioning](const at::Tensor& latents, const std::vector<double>& labels,
                                     const std::vector<NoiseLevel>& levels) {
    return PredictedX0(type, GuidedOutput(unet, latents, labels, conditioning), latents, levels);
  };
}

std::vector<int> LogSnrLabels(const NoiseSchedule& schedule, int start, int count) {
  const int end = std::min(start, kLastLabel);
  const double from = LogSnr(schedule.Level(start));
  const double to = LogSnr(schedule.Level(end));
  std::vector<int> labels = {start};
  for (int i = 1; i < count; ++i) {
    const double wanted = from + (to - from) * i / (count - 1);
    int label = labels.back();
    const auto miss = [&](int at) { return std::abs(LogSnr(schedule.Level(at)) - wanted); };
    while (label > end && miss(label - 1) <= miss(label)) --label;
    labels.push_back(label);
  }
  return labels;
}

at::Tensor SolveToClean(const X0Prediction& predict, const NoiseSchedule& schedule,
                        at::Tensor latents, const std::vector<int>& starts, int count) {
  const at::NoGradGuard no_grad;
  std::vector<std::vector<int>> paths;
  for (const int start : starts) paths.push_back(LogSnrLabels(schedule, start, count));
  at::Tensor before;
  for (size_t j = 0;; ++j) {
    std::vector<double> labels;
    std::vector<NoiseLevel> levels;
    for (const std::vector<int>& path : paths) {
      labels.push_back(path[j]);
      levels.push_back(schedule.Level(path[j]));
    }
    const at::Tensor x0 = predict(latents, labels, levels);
    if (j + 1 == static_cast<size_t>(count)) return x0;
    const SolverStep step = StepOf(schedule, paths, j);
    at::Tensor direction = x0;
    if (before.defined()) direction = x0 + RowColumn(step.history, x0) * (x0 - before);
    latents = RowColumn(step.keep, x0) * latents + RowColumn(step.add, x0) * direction;
    before = x0;
  }
}

}  // namespace strobe::model
