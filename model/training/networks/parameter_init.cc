#include "model/training/networks/parameter_init.h"

#include <cmath>

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include "absl/strings/match.h"
#include "model/sampling/seeded_noise.h"
#include "model/training/networks/training_random.h"

namespace strobe::model {
namespace {

at::Tensor Normal(uint64_t seed, const std::string& name, at::IntArrayRef shape, double deviation) {
  return UnitNormal(seed, HashName(name), shape).mul_(deviation);
}

// Inputs of one output: everything but the first dimension.
double FanIn(at::IntArrayRef shape) {
  double count = 1;
  for (size_t i = 1; i < shape.size(); ++i) count *= static_cast<double>(shape[i]);
  return count;
}

at::Tensor Vector(const std::string& name, at::IntArrayRef shape) {
  return absl::EndsWith(name, "weight") ? at::ones(shape, at::kFloat)
                                        : at::zeros(shape, at::kFloat);
}

}  // namespace

ParameterInitializer DefaultInitializer(uint64_t seed) {
  return [seed](const std::string& name, at::IntArrayRef shape) {
    if (shape.size() < 2) return Vector(name, shape);
    return Normal(seed, name, shape, std::sqrt(1.0 / (3.0 * FanIn(shape))));
  };
}

ParameterInitializer ClipTextInitializer(uint64_t seed, int num_layers) {
  return [seed, num_layers](const std::string& name, at::IntArrayRef shape) {
    if (shape.size() < 2) return Vector(name, shape);
    if (absl::StrContains(name, "embedding")) return Normal(seed, name, shape, 0.02);
    const double width = FanIn(shape);
    const double depth = 2.0 * num_layers;
    if (absl::StrContains(name, "out_proj")) {
      return Normal(seed, name, shape, 1.0 / std::sqrt(width));
    }
    if (absl::StrContains(name, "fc1")) {
      return Normal(seed, name, shape, 1.0 / std::sqrt(2.0 * width));
    }
    // The second MLP layer counts the width of its output, which is the model's.
    const double model_width =
        absl::StrContains(name, "fc2") ? static_cast<double>(shape[0]) : width;
    return Normal(seed, name, shape, 1.0 / std::sqrt(model_width * depth));
  };
}

ParameterInitializer TinyDecoderInitializer(uint64_t seed) {
  return [seed](const std::string& name, at::IntArrayRef shape) {
    if (shape.size() < 2) {
      // The only bias of three values is the output's: it starts at mid-grey.
      return shape[0] == 3 ? at::zeros(shape, at::kFloat).add_(0.5) : Vector(name, shape);
    }
    double deviation = std::sqrt(2.0 / FanIn(shape));
    if (absl::EndsWith(name, "conv.4.weight")) deviation *= 0.25;
    if (shape[0] == 3) deviation *= 0.25 / std::sqrt(2.0);
    return Normal(seed, name, shape, deviation);
  };
}

}  // namespace strobe::model
