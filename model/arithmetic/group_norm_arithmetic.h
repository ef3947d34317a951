// Group normalization of channels_last pictures, in the pieces that a loop or a kernel is made of.

#ifndef STROBE_MODEL_ARITHMETIC_GROUP_NORM_ARITHMETIC_H_
#define STROBE_MODEL_ARITHMETIC_GROUP_NORM_ARITHMETIC_H_

#include <bit>
#include <cmath>
#include <cstdint>

#include "model/arithmetic/host_device.h"

namespace strobe::model {

// A sample is worked on in runs of pixels, and what it comes to depends on their length: that must
// follow from the size of the picture alone, never from batch or device load.
struct NormGeometry {
  int64_t samples, channels, groups, pixels, run_pixels;

  STROBE_HOST_DEVICE int64_t width() const { return channels / groups; }  // channels of a group
  STROBE_HOST_DEVICE int64_t runs() const { return (pixels + run_pixels - 1) / run_pixels; }
  STROBE_HOST_DEVICE int64_t PixelsOf(int64_t run) const {
    const int64_t left = pixels - run * run_pixels;
    return left < run_pixels ? left : run_pixels;
  }
  // Where a sample, and a run's first pixel, start in the picture.
  STROBE_HOST_DEVICE int64_t SampleAt(int64_t sample) const { return sample * pixels * channels; }
  STROBE_HOST_DEVICE int64_t RunAt(int64_t sample, int64_t run) const {
    return SampleAt(sample) + run * run_pixels * channels;
  }
  // Where the moments of a run's first channel are, in [samples, runs, channels].
  STROBE_HOST_DEVICE int64_t MomentsAt(int64_t sample, int64_t run) const {
    return (sample * runs() + run) * channels;
  }
};

// Sums of a channel's distances from its shift and of their squares. The shift, a value of the same
// channel, keeps a large mean from drowning the variance.
struct Moments {
  float sum = 0.0f;
  float square = 0.0f;
};

STROBE_HOST_DEVICE inline void AddTo(float x, float shift, float& sum, float& square) {
  const float difference = x - shift;
  sum += difference;
  square += difference * difference;
}

// The sum of squared distances from a mean that is `away` below the shift.
STROBE_HOST_DEVICE inline double DeviationAbout(double away, double sum, double square,
                                                double count) {
  return square + 2 * away * sum + count * away * away;
}

// What a channel is multiplied by, and what is added to it then.
struct Affine {
  float scale = 1.0f;
  float offset = 0.0f;
};

STROBE_HOST_DEVICE inline Affine AffineOf(double mean, double variance, double eps, float weight,
                                          float bias) {
  const double inverse = 1.0 / std::sqrt((variance > 0 ? variance : 0.0) + eps);
  return {static_cast<float>(weight * inverse), static_cast<float>(bias - mean * weight * inverse)};
}

// exp(x) within 2 units in the last place, by 2^n * exp(r), |r| <= log(2) / 2; the polynomial is
// the Taylor series to the seventh degree. Saturates where float does; NaN stays NaN.
STROBE_HOST_DEVICE inline float FastExp(float x) {
  constexpr float kMax = 88.0f, kMin = -87.0f;
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  constexpr float kRoundBits = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  x = x > kMax ? kMax : x;
  x = x < kMin ? kMin : x;
  const float shifted = x * kLog2E + kRoundBits;
  const float n = shifted - kRoundBits;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float series = 1.0f / 5040.0f;
  series = series * r + 1.0f / 720.0f;
  series = series * r + 1.0f / 120.0f;
  series = series * r + 1.0f / 24.0f;
  series = series * r + 1.0f / 6.0f;
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  const int32_t exponent = std::bit_cast<int32_t>(shifted) << 23;  // n modulo the rounding bits
  return std::bit_cast<float>(std::bit_cast<int32_t>(series) + exponent);
}

STROBE_HOST_DEVICE inline float Silu(float z) { return z / (1.0f + FastExp(-z)); }

// The rest is for kernels, whose threads share a sample. `load(i)` is element i of the picture as
// float.

// Long enough for the moments to take little memory beside the picture, short enough for many
// threads to share a small one.
STROBE_HOST_DEVICE inline int64_t RunPixelsOfKernels(int64_t pixels) {
  constexpr int64_t kLeastPixels = 16, kMostRuns = 2048;
  const int64_t enough = (pixels + kMostRuns - 1) / kMostRuns;
  return enough < kLeastPixels ? kLeastPixels : enough;
}

// Of one channel in one run; its shift is its first pixel of the sample.
template <typename Load>
STROBE_HOST_DEVICE Moments MomentsOfRun(const NormGeometry& g, const Load& load, int64_t sample,
                                        int64_t run, int64_t channel) {
  const float shift = load(g.SampleAt(sample) + channel);
  const int64_t count = g.PixelsOf(run);
  Moments moments;
  int64_t at = g.RunAt(sample, run) + channel;
  for (int64_t pixel = 0; pixel < count; ++pixel, at += g.channels) {
    AddTo(load(at), shift, moments.sum, moments.square);
  }
  return moments;
}

// A group's part in every `stride`-th of its (run, channel) pairs, from `first`: the sum of its
// values, and, once their mean is known, of their squared distances from it.
template <typename Load>
STROBE_HOST_DEVICE double PartOfSum(const NormGeometry& g, const Load& load, const Moments* moments,
                                    int64_t sample, int64_t group, int64_t first, int64_t stride) {
  double total = 0.0;
  for (int64_t i = first; i < g.runs() * g.width(); i += stride) {
    const int64_t run = i / g.width(), channel = group * g.width() + i % g.width();
    const double shift = load(g.SampleAt(sample) + channel);
    total += moments[g.MomentsAt(sample, run) + channel].sum +
             shift * static_cast<double>(g.PixelsOf(run));
  }
  return total;
}

template <typename Load>
STROBE_HOST_DEVICE double PartOfDeviation(const NormGeometry& g, const Load& load,
                                          const Moments* moments, double mean, int64_t sample,
                                          int64_t group, int64_t first, int64_t stride) {
  double total = 0.0;
  for (int64_t i = first; i < g.runs() * g.width(); i += stride) {
    const int64_t run = i / g.width(), channel = group * g.width() + i % g.width();
    const Moments& part = moments[g.MomentsAt(sample, run) + channel];
    total += DeviationAbout(load(g.SampleAt(sample) + channel) - mean, part.sum, part.square,
                            static_cast<double>(g.PixelsOf(run)));
  }
  return total;
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_ARITHMETIC_GROUP_NORM_ARITHMETIC_H_
