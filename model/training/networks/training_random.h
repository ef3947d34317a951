// Where the random numbers of training come from: pure functions of (seed, stage, step).

#ifndef STROBE_MODEL_TRAINING_NETWORKS_TRAINING_RANDOM_H_
#define STROBE_MODEL_TRAINING_NETWORKS_TRAINING_RANDOM_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/strings/string_view.h"
#include "base/fnv1a.h"
#include "model/sampling/seeded_noise.h"
#include "model/scenes/scene_random.h"

namespace strobe::model {

// The same on every machine.
constexpr uint64_t HashName(absl::string_view name) { return Fnv1a(name); }

// The draws of one training step. Nothing is carried from step to step, so that a resumed run draws
// what the uninterrupted one would have drawn; a device draws what the CPU does. Not
// thread-safe.
class StepRandom {
 public:
  StepRandom(uint64_t seed, absl::string_view stage, int64_t step, at::Device device = at::kCPU)
      : seed_(MixBits(seed ^ HashName(stage))),
        step_(static_cast<uint64_t>(step)),
        device_(device),
        scalars_(seed_, step_) {}

  int64_t step() const { return static_cast<int64_t>(step_); }

  SceneRandom& scalars() { return scalars_; }

  // `count` indices below `size`, with replacement.
  std::vector<int64_t> Indices(int64_t count, int64_t size) {
    std::vector<int64_t> indices(static_cast<size_t>(count));
    for (int64_t& index : indices) {
      index = static_cast<int64_t>(scalars_.Uniform() * static_cast<double>(size));
    }
    return indices;
  }

  // Unit normal noise on the device; a further call gives further noise.
  at::Tensor Noise(at::IntArrayRef shape) {
    return UnitNormal(seed_, (step_ << 8) + ++noise_draws_, shape, device_);
  }

 private:
  uint64_t seed_;
  uint64_t step_;
  at::Device device_;
  uint64_t noise_draws_ = 0;
  SceneRandom scalars_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_TRAINING_RANDOM_H_
