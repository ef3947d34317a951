#include "model/sampling/few_step_sampler.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>

namespace strobe::model {
namespace {

// x0hat = x0_from_x * x + x0_from_output * output, and the same for epshat.
struct Conversion {
  double x0_from_x = 0.0;
  double x0_from_output = 0.0;
  double eps_from_x = 0.0;
  double eps_from_output = 0.0;
};

Conversion ConversionOf(PredictionType type, const NoiseLevel& level) {
  const double a = level.alpha;
  const double s = level.sigma;
  switch (type) {
    case PredictionType::kEpsilon:
      return {1.0 / a, -s / a, 0.0, 1.0};
    case PredictionType::kSample:
      return {0.0, 1.0, 1.0 / s, -a / s};
    case PredictionType::kVPrediction:
    case PredictionType::kTrigFlow:
      return {a, -s, s, a};
    case PredictionType::kFlow:
      return {1.0, -s, 1.0, a};
  }
  return {};
}

double DirectionWeight(const StepRule& rule) {
  return rule.row.next.sigma * std::sqrt(std::max(0.0, 1.0 - rule.row.rho * rule.row.rho));
}

// One number a row, [B, 1, 1, 1] where `like` is.
at::Tensor Column(absl::Span<const StepRule> rules, const at::Tensor& like,
                  const std::function<double(const StepRule&)>& value_of) {
  at::Tensor column = at::empty({static_cast<int64_t>(rules.size()), 1, 1, 1}, at::kFloat);
  float* values = column.data_ptr<float>();
  for (const StepRule& rule : rules) *values++ = static_cast<float>(value_of(rule));
  return column.to(like.device());
}

bool Any(absl::Span<const StepRule> rules, const std::function<bool(const StepRule&)>& test) {
  return std::any_of(rules.begin(), rules.end(), test);
}

at::Tensor Clip(const at::Tensor& x0, absl::Span<const StepRule> rules) {
  if (!Any(rules, [](const StepRule& rule) { return rule.clip_sample; })) return x0;
  const at::Tensor bound = Column(rules, x0, [](const StepRule& rule) {
    return rule.clip_sample ? rule.clip_sample_range : std::numeric_limits<double>::infinity();
  });
  return at::clamp(x0, at::Tensor(-bound), bound);
}

at::Tensor Combine(const at::Tensor& latents, const at::Tensor& model_output,
                   absl::Span<const StepRule> rules, double Conversion::*from_x,
                   double Conversion::*from_output) {
  const auto weight = [&](double Conversion::*member) {
    return Column(rules, latents, [member](const StepRule& rule) {
      return ConversionOf(rule.prediction_type, rule.row.level).*member;
    });
  };
  return latents * weight(from_x) + model_output * weight(from_output);
}

}  // namespace

StepRule RuleOfStep(const StepTable& table, int index) {
  StepRule rule;
  rule.prediction_type = table.prediction_type;
  rule.row = table.rows[index];
  rule.noise_scale = table.noise_scale;
  rule.noise_correction = table.noise_correction && index == 0 && table.rows.size() > 1;
  rule.clip_sample = table.clip_sample;
  rule.clip_sample_range = table.clip_sample_range;
  return rule;
}

StepResult ApplyStep(const at::Tensor& model_output, const at::Tensor& latents,
                     absl::Span<const StepRule> rules, const at::Tensor& initial_noise,
                     const at::Tensor& z) {
  at::Tensor denoised = Clip(
      Combine(latents, model_output, rules, &Conversion::x0_from_x, &Conversion::x0_from_output),
      rules);
  denoised =
      denoised * Column(rules, latents, [](const StepRule& r) { return r.row.output_scale; });
  if (Any(rules, [](const StepRule& rule) { return rule.row.skip_scale != 0.0; })) {
    denoised = denoised +
               latents * Column(rules, latents, [](const StepRule& r) { return r.row.skip_scale; });
  }
  at::Tensor next =
      denoised * Column(rules, latents, [](const StepRule& r) { return r.row.next.alpha; });
  if (Any(rules, [](const StepRule& rule) { return DirectionWeight(rule) != 0.0; })) {
    at::Tensor direction = Combine(latents, model_output, rules, &Conversion::eps_from_x,
                                   &Conversion::eps_from_output);
    if (Any(rules, [](const StepRule& rule) { return rule.noise_correction; })) {
      const at::Tensor corrected =
          Column(rules, latents, [](const StepRule& r) { return r.noise_correction; });
      direction = at::where(corrected.to(at::kBool), initial_noise, direction);
    }
    next = next + direction * Column(rules, latents, DirectionWeight);
  }
  if (Any(rules, [](const StepRule& rule) { return rule.DrawsNoise(); })) {
    next = next + z * Column(rules, latents, [](const StepRule& rule) {
                    return rule.row.next.sigma * rule.row.rho * rule.noise_scale;
                  });
  }
  return {std::move(denoised), std::move(next)};
}

}  // namespace strobe::model
