// Counter-based noise: element i of stream s of seed k is a pure function of (k, s, i).

#ifndef STROBE_MODEL_SAMPLING_SEEDED_NOISE_H_
#define STROBE_MODEL_SAMPLING_SEEDED_NOISE_H_

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "absl/types/span.h"
#include "model/arithmetic/counter_noise.h"

namespace strobe::model {

// The streams of one image.
inline constexpr uint64_t kInitialNoiseStream = 0;
inline uint64_t StepNoiseStream(int step) { return static_cast<uint64_t>(step) + 1; }

// Fills `out` with unit normal values: counter {i / 4, stream}, key `seed`, Box-Muller in double.
// Whatever the length of `out`, its element i is the same.
void FillUnitNormal(uint64_t seed, uint64_t stream, absl::Span<float> out);

// The same as a float32 tensor, elements in row-major order of `shape`. A CUDA device draws them
// itself; about one in 10^7 then differs by one unit in the last place.
at::Tensor UnitNormal(uint64_t seed, uint64_t stream, at::IntArrayRef shape,
                      const at::Device& device = at::kCPU);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SEEDED_NOISE_H_
