// Counter-based noise: element i of stream s of seed k is a pure function of (k, s, i).

#ifndef STROBE_MODEL_SAMPLING_SEEDED_NOISE_H_
#define STROBE_MODEL_SAMPLING_SEEDED_NOISE_H_

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"

namespace strobe::model {

// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011).
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// The streams of one image.
inline constexpr uint64_t kInitialNoiseStream = 0;
inline uint64_t StepNoiseStream(int step) { return static_cast<uint64_t>(step) + 1; }

// Fills `out` with unit normal values: counter {i / 4, stream}, key `seed`, Box-Muller in double.
// Whatever the length of `out`, its element i is the same.
void FillUnitNormal(uint64_t seed, uint64_t stream, absl::Span<float> out);

// The same as a float32 tensor on the CPU, elements in row-major order of `shape`.
at::Tensor UnitNormal(uint64_t seed, uint64_t stream, at::IntArrayRef shape);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SAMPLING_SEEDED_NOISE_H_
