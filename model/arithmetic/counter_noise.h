// Counter-based unit normal noise: four values at a time, each a function of its place alone.

#ifndef STROBE_MODEL_ARITHMETIC_COUNTER_NOISE_H_
#define STROBE_MODEL_ARITHMETIC_COUNTER_NOISE_H_

#include <array>
#include <cmath>
#include <cstdint>

#include "model/arithmetic/host_device.h"

namespace strobe::model {

// Philox4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011).
STROBE_HOST_DEVICE inline std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter,
                                                             std::array<uint32_t, 2> key) {
  constexpr int kRounds = 10;
  constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  for (int round = 0; round < kRounds; ++round) {
    const uint64_t product0 = static_cast<uint64_t>(kMultiplier0) * counter[0];
    const uint64_t product1 = static_cast<uint64_t>(kMultiplier1) * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

// In (0, 1): never 0, so that its logarithm is finite.
STROBE_HOST_DEVICE inline double ToUnitInterval(uint32_t bits) { return (bits + 0.5) * 0x1p-32; }

// Box & Muller 1958: two uniform values to two independent normal ones.
STROBE_HOST_DEVICE inline void BoxMuller(uint32_t first, uint32_t second, float* out) {
  constexpr double kPi = 3.14159265358979323846;
  const double radius = std::sqrt(-2.0 * std::log(ToUnitInterval(first)));
  const double angle = 2.0 * kPi * ToUnitInterval(second);
  out[0] = static_cast<float>(radius * std::cos(angle));
  out[1] = static_cast<float>(radius * std::sin(angle));
}

inline constexpr int kNoiseBlock = 4;

// Elements 4 * block to 4 * block + 3 of the stream. Logarithm and sines are in double, so that
// devices whose libraries differ in the last bit of them agree on nearly every float.
STROBE_HOST_DEVICE inline void UnitNormalBlock(uint64_t seed, uint64_t stream, uint64_t block,
                                               float out[kNoiseBlock]) {
  const std::array<uint32_t, 4> bits =
      Philox4x32({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                  static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                 {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  BoxMuller(bits[0], bits[1], out);
  BoxMuller(bits[2], bits[3], out + 2);
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_ARITHMETIC_COUNTER_NOISE_H_
