#include "model/layers/channels_last_group_norm.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>

// The loops below are written for the compiler's vectorizer: one clone a width, chosen at start.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define STROBE_VECTORIZED __attribute__((target_clones("default", "avx2,fma", "arch=x86-64-v4")))
#else
#define STROBE_VECTORIZED
#endif

namespace strobe::model {
namespace {

// A sample is worked on in runs of so many pixels, whatever the threads: sums are added up in one
// order always.
constexpr int64_t kRunPixels = 64;
constexpr int64_t kMinElementsOfThread = 1 << 14;

// exp(x) within 2 units in the last place, by 2^n * exp(r), |r| <= log(2) / 2; the polynomial is
// the Taylor series to the seventh degree. Saturates where float does; NaN stays NaN.
inline float FastExp(float x) {
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

// Sums of x - shift and of its square over `pixels` pixels, for each channel. The shift, a pixel of
// the same picture, keeps a large mean from drowning the variance.
STROBE_VECTORIZED void SumMoments(const float* x, int64_t pixels, int64_t channels,
                                  const float* shift, float* sum, float* square) {
  std::fill(sum, sum + channels, 0.0f);
  std::fill(square, square + channels, 0.0f);
  for (int64_t p = 0; p < pixels; ++p, x += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float difference = x[c] - shift[c];
      sum[c] += difference;
      square[c] += difference * difference;
    }
  }
}

STROBE_VECTORIZED void Scale(const float* x, int64_t pixels, int64_t channels, const float* scale,
                             const float* offset, float* y) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, y += channels) {
    for (int64_t c = 0; c < channels; ++c) y[c] = x[c] * scale[c] + offset[c];
  }
}

STROBE_VECTORIZED void ScaleSilu(const float* x, int64_t pixels, int64_t channels,
                                 const float* scale, const float* offset, float* y) {
  for (int64_t p = 0; p < pixels; ++p, x += channels, y += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      const float z = x[c] * scale[c] + offset[c];
      y[c] = z / (1.0f + FastExp(-z));
    }
  }
}

struct Geometry {
  int64_t samples, channels, groups, pixels;

  int64_t runs() const { return (pixels + kRunPixels - 1) / kRunPixels; }
  int64_t FirstPixel(int64_t run) const { return run * kRunPixels; }
  int64_t PixelsOf(int64_t run) const { return std::min(kRunPixels, pixels - FirstPixel(run)); }
};

// Turns the sums of a sample's runs ([runs, 2, channels]) into what each channel is multiplied by
// and what is added to it. Channels of a group have shifts of their own: their moments are joined
// about the group's mean.
void FoldMoments(const Geometry& geometry, const float* sums, const float* shift,
                 const float* weight, const float* bias, double eps, float* scale, float* offset) {
  const int64_t width = geometry.channels / geometry.groups;
  const auto pixels = static_cast<double>(geometry.pixels);
  std::vector<double> sum(geometry.channels), square(geometry.channels);
  for (int64_t run = 0; run < geometry.runs(); ++run) {
    const float* const run_sums = sums + run * 2 * geometry.channels;
    for (int64_t c = 0; c < geometry.channels; ++c) {
      sum[c] += run_sums[c];
      square[c] += run_sums[geometry.channels + c];
    }
  }
  for (int64_t first = 0; first < geometry.channels; first += width) {
    double mean = 0, deviation = 0;
    for (int64_t c = first; c < first + width; ++c) mean += shift[c] + sum[c] / pixels;
    mean /= static_cast<double>(width);
    for (int64_t c = first; c < first + width; ++c) {
      const double away = shift[c] - mean;
      deviation += square[c] + 2 * away * sum[c] + pixels * away * away;
    }
    const double variance = std::max(0.0, deviation / (pixels * static_cast<double>(width)));
    const double inverse = 1.0 / std::sqrt(variance + eps);
    for (int64_t c = first; c < first + width; ++c) {
      scale[c] = static_cast<float>(weight[c] * inverse);
      offset[c] = static_cast<float>(bias[c] - mean * weight[c] * inverse);
    }
  }
}

}  // namespace

bool IsChannelsLastNormable(const at::Tensor& input, const at::Tensor& weight) {
  const bool wants_gradient =
      c10::GradMode::is_enabled() && (input.requires_grad() || weight.requires_grad());
  return !wants_gradient && input.is_cpu() && input.dim() == 4 && input.numel() > 0 &&
         input.scalar_type() == at::kFloat && weight.scalar_type() == at::kFloat &&
         input.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor ChannelsLastGroupNorm(const at::Tensor& input, int64_t groups, const at::Tensor& weight,
                                 const at::Tensor& bias, double eps, NormActivation activation) {
  const Geometry geometry{input.size(0), input.size(1), groups, input.size(2) * input.size(3)};
  const int64_t channels = geometry.channels, runs = geometry.runs();
  const float* const x = input.const_data_ptr<float>();
  const auto sample_at = [&](int64_t sample) { return sample * geometry.pixels * channels; };
  const auto run_at = [&](int64_t sample, int64_t run) {
    return sample_at(sample) + geometry.FirstPixel(run) * channels;
  };
  const int64_t grain = std::max<int64_t>(1, kMinElementsOfThread / (kRunPixels * channels));

  std::vector<float> sums(geometry.samples * runs * 2 * channels);
  at::parallel_for(0, geometry.samples * runs, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* const sum = sums.data() + i * 2 * channels;
      SumMoments(x + run_at(i / runs, i % runs), geometry.PixelsOf(i % runs), channels,
                 x + sample_at(i / runs), sum, sum + channels);
    }
  });

  std::vector<float> scale(geometry.samples * channels), offset(geometry.samples * channels);
  for (int64_t sample = 0; sample < geometry.samples; ++sample) {
    FoldMoments(geometry, sums.data() + sample * runs * 2 * channels, x + sample_at(sample),
                weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), eps,
                scale.data() + sample * channels, offset.data() + sample * channels);
  }

  at::Tensor output = at::empty_like(input);
  float* const y = output.mutable_data_ptr<float>();
  const auto apply = activation == NormActivation::kSilu ? ScaleSilu : Scale;
  at::parallel_for(0, geometry.samples * runs, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t sample = i / runs, run = i % runs, at = run_at(sample, run);
      apply(x + at, geometry.PixelsOf(run), channels, scale.data() + sample * channels,
            offset.data() + sample * channels, y + at);
    }
  });
  return output;
}

}  // namespace strobe::model
