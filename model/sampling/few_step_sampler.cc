#include "model/sampling/few_step_sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "model/sampling/seeded_noise.h"
#ifdef STROBE_CUDA
#include "model/cuda/device_sampler.h"
#endif

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

using Coefficients = std::vector<StepCoefficients>;

Coefficients CoefficientsOfAll(absl::Span<const StepRule> rules) {
  Coefficients rows;
  for (const StepRule& rule : rules) rows.push_back(CoefficientsOf(rule));
  return rows;
}

// One number a row, [B, 1, 1, 1] where `like` is.
template <typename Value>
at::Tensor Column(const Coefficients& rows, const at::Tensor& like,
                  Value StepCoefficients::*value) {
  at::Tensor column = at::empty({static_cast<int64_t>(rows.size()), 1, 1, 1},
                                c10::CppTypeToScalarType<Value>::value);
  Value* values = column.data_ptr<Value>();
  for (const StepCoefficients& row : rows) *values++ = row.*value;
  return column.to(like.device());
}

template <typename Test>
bool Any(const Coefficients& rows, const Test& test) {
  return std::any_of(rows.begin(), rows.end(), test);
}

// What the rows draw or are given; rows that want none hold zeros. Undefined if none wants any.
at::Tensor DrawNoise(absl::Span<const StepRule> rules, absl::Span<const NoiseSource> sources,
                     const at::Tensor& latents) {
  if (std::none_of(rules.begin(), rules.end(), [](const StepRule& r) { return r.DrawsNoise(); })) {
    return at::Tensor();
  }
  at::Tensor noise = at::zeros(latents.sizes(), latents.options());
  for (size_t i = 0; i < rules.size(); ++i) {
    if (!rules[i].DrawsNoise()) continue;
    const NoiseSource& source = sources[i];
    at::Tensor row = noise.select(0, static_cast<int64_t>(i));
    row.copy_(source.given.defined()
                  ? source.given
                  : UnitNormal(source.seed, source.stream, row.sizes(), row.device()));
  }
  return noise;
}

#ifdef STROBE_CUDA
StepResult DrawAndApplyStepOnDevice(const at::Tensor& model_output, const at::Tensor& latents,
                                    absl::Span<const StepRule> rules,
                                    const at::Tensor& initial_noise,
                                    absl::Span<const NoiseSource> sources) {
  std::vector<DeviceStepRow> rows;
  std::vector<at::Tensor> given(rules.size());
  for (size_t i = 0; i < rules.size(); ++i) {
    rows.push_back({CoefficientsOf(rules[i]), sources[i].seed, sources[i].stream,
                    rules[i].DrawsNoise() && !sources[i].given.defined()});
    if (rules[i].DrawsNoise()) given[i] = sources[i].given;
  }
  DeviceStep step = StepOnDevice(model_output, latents, rows, initial_noise, given);
  return {std::move(step.denoised), std::move(step.next), std::move(step.noise)};
}
#endif

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

StepCoefficients CoefficientsOf(const StepRule& rule) {
  const Conversion convert = ConversionOf(rule.prediction_type, rule.row.level);
  const NoiseLevel& next = rule.row.next;
  const double rho = rule.row.rho;
  StepCoefficients c;
  c.x0_from_x = static_cast<float>(convert.x0_from_x);
  c.x0_from_output = static_cast<float>(convert.x0_from_output);
  c.eps_from_x = static_cast<float>(convert.eps_from_x);
  c.eps_from_output = static_cast<float>(convert.eps_from_output);
  c.clip_range = rule.clip_sample ? static_cast<float>(rule.clip_sample_range)
                                  : std::numeric_limits<float>::infinity();
  c.output_scale = static_cast<float>(rule.row.output_scale);
  c.skip_scale = static_cast<float>(rule.row.skip_scale);
  c.next_alpha = static_cast<float>(next.alpha);
  c.direction = static_cast<float>(next.sigma * std::sqrt(std::max(0.0, 1.0 - rho * rho)));
  c.fresh = static_cast<float>(next.sigma * rho * rule.noise_scale);
  c.noise_correction = rule.noise_correction;
  return c;
}

StepResult ApplyStep(const at::Tensor& model_output, const at::Tensor& latents,
                     absl::Span<const StepRule> rules, const at::Tensor& initial_noise,
                     const at::Tensor& z) {
  using C = StepCoefficients;
  const Coefficients rows = CoefficientsOfAll(rules);
  const auto column = [&](auto value) { return Column(rows, latents, value); };
  at::Tensor denoised = latents * column(&C::x0_from_x) + model_output * column(&C::x0_from_output);
  if (Any(rows, [](const C& row) { return std::isfinite(row.clip_range); })) {
    const at::Tensor bound = column(&C::clip_range);
    denoised = at::clamp(denoised, at::Tensor(-bound), bound);
  }
  denoised = denoised * column(&C::output_scale);
  if (Any(rows, [](const C& row) { return row.skip_scale != 0.0f; })) {
    denoised = denoised + latents * column(&C::skip_scale);
  }
  at::Tensor next = denoised * column(&C::next_alpha);
  if (Any(rows, [](const C& row) { return row.direction != 0.0f; })) {
    at::Tensor direction =
        latents * column(&C::eps_from_x) + model_output * column(&C::eps_from_output);
    if (Any(rows, [](const C& row) { return row.noise_correction; })) {
      direction = at::where(column(&C::noise_correction), initial_noise, direction);
    }
    next = next + direction * column(&C::direction);
  }
  if (Any(rows, [](const C& row) { return row.fresh != 0.0f; })) {
    next = next + z * column(&C::fresh);
  }
  return {std::move(denoised), std::move(next), z};
}

StepResult DrawAndApplyStep(const at::Tensor& model_output, const at::Tensor& latents,
                            absl::Span<const StepRule> rules, const at::Tensor& initial_noise,
                            absl::Span<const NoiseSource> sources) {
#ifdef STROBE_CUDA
  if (latents.is_cuda()) {
    return DrawAndApplyStepOnDevice(model_output, latents, rules, initial_noise, sources);
  }
#endif
  return ApplyStep(model_output, latents, rules, initial_noise, DrawNoise(rules, sources, latents));
}

}  // namespace strobe::model
