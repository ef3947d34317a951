// Counter-based random numbers for scenes: draw n of stream (seed, index) is a pure function.

#ifndef STROBE_MODEL_SCENES_SCENE_RANDOM_H_
#define STROBE_MODEL_SCENES_SCENE_RANDOM_H_

#include <cstdint>

namespace strobe::model {

// The finalizer of SplitMix64 (Steele et al., "Fast splittable pseudorandom number generators",
// 2014): a bijection that mixes all 64 bits.
constexpr uint64_t MixBits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

constexpr uint64_t kGoldenGamma = 0x9e3779b97f4a7c15ULL;

// The draws of one stream, in order. Cheap to make; not thread-safe, and need not be shared.
class SceneRandom {
 public:
  SceneRandom(uint64_t seed, uint64_t index)
      : key_(MixBits(MixBits(seed + kGoldenGamma) + index * kGoldenGamma)) {}

  uint64_t NextBits() { return MixBits(key_ + ++counter_ * kGoldenGamma); }

  // Uniform in [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(NextBits() >> 11) * 0x1.0p-53; }
  float Between(double low, double high) {
    return static_cast<float>(low + (high - low) * Uniform());
  }
  bool Chance(double probability) { return Uniform() < probability; }

  // Uniform in 0..n-1, n >= 1.
  int Below(int n) { return static_cast<int>(Uniform() * n); }

  template <typename List>
  auto Pick(const List& list) {
    return list[Below(static_cast<int>(list.size()))];
  }

 private:
  uint64_t key_;
  uint64_t counter_ = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_SCENE_RANDOM_H_
