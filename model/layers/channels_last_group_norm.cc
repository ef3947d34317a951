#include "model/layers/channels_last_group_norm.h"

#include <algorithm>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/GradMode.h>

#include "model/arithmetic/group_norm_arithmetic.h"
#ifdef STROBE_CUDA
#include "model/cuda/device_group_norm.h"
#endif

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

// Sums of x - shift and of its square over `pixels` pixels, for each channel. The shift, a pixel of
// the same picture, keeps a large mean from drowning the variance.
STROBE_VECTORIZED void SumMoments(const float* x, int64_t pixels, int64_t channels,
                                  const float* shift, float* sum, float* square) {
  std::fill(sum, sum + channels, 0.0f);
  std::fill(square, square + channels, 0.0f);
  for (int64_t p = 0; p < pixels; ++p, x += channels) {
    for (int64_t c = 0; c < channels; ++c) {
      AddTo(x[c], shift[c], sum[c], square[c]);
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
      y[c] = Silu(x[c] * scale[c] + offset[c]);
    }
  }
}

// Turns the sums of a sample's runs ([runs, 2, channels]) into what each channel is multiplied by
// and what is added to it. Channels of a group have shifts of their own: their moments are joined
// about the group's mean.
void FoldMoments(const NormGeometry& geometry, const float* sums, const float* shift,
                 const float* weight, const float* bias, double eps, float* scale, float* offset) {
  const int64_t width = geometry.width();
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
      deviation += DeviationAbout(shift[c] - mean, sum[c], square[c], pixels);
    }
    const double variance = deviation / (pixels * static_cast<double>(width));
    for (int64_t c = first; c < first + width; ++c) {
      const Affine affine = AffineOf(mean, variance, eps, weight[c], bias[c]);
      scale[c] = affine.scale;
      offset[c] = affine.offset;
    }
  }
}

bool HasKernel(const at::Device& device, at::ScalarType dtype) {
#ifdef STROBE_CUDA
  if (device.is_cuda()) {
    return dtype == at::kFloat || dtype == at::kHalf || dtype == at::kBFloat16;
  }
#endif
  return device.is_cpu() && dtype == at::kFloat;
}

}  // namespace

bool IsChannelsLastNormable(const at::Tensor& input, const at::Tensor& weight) {
  const bool wants_gradient =
      c10::GradMode::is_enabled() && (input.requires_grad() || weight.requires_grad());
  return !wants_gradient && input.dim() == 4 && input.numel() > 0 &&
         HasKernel(input.device(), input.scalar_type()) &&
         weight.scalar_type() == input.scalar_type() &&
         input.is_contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor ChannelsLastGroupNorm(const at::Tensor& input, int64_t groups, const at::Tensor& weight,
                                 const at::Tensor& bias, double eps, NormActivation activation) {
#ifdef STROBE_CUDA
  if (input.is_cuda()) {
    return GroupNormOnDevice(input, groups, weight, bias, eps, activation == NormActivation::kSilu);
  }
#endif
  const NormGeometry geometry{input.size(0), input.size(1), groups, input.size(2) * input.size(3),
                              kRunPixels};
  const int64_t channels = geometry.channels, runs = geometry.runs();
  const float* const x = input.const_data_ptr<float>();
  const int64_t grain = std::max<int64_t>(1, kMinElementsOfThread / (kRunPixels * channels));

  std::vector<float> sums(geometry.samples * runs * 2 * channels);
  at::parallel_for(0, geometry.samples * runs, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* const sum = sums.data() + i * 2 * channels;
      SumMoments(x + geometry.RunAt(i / runs, i % runs), geometry.PixelsOf(i % runs), channels,
                 x + geometry.SampleAt(i / runs), sum, sum + channels);
    }
  });

  std::vector<float> scale(geometry.samples * channels), offset(geometry.samples * channels);
  for (int64_t sample = 0; sample < geometry.samples; ++sample) {
    FoldMoments(geometry, sums.data() + sample * runs * 2 * channels, x + geometry.SampleAt(sample),
                weight.const_data_ptr<float>(), bias.const_data_ptr<float>(), eps,
                scale.data() + sample * channels, offset.data() + sample * channels);
  }

  at::Tensor output = at::empty_like(input);
  float* const y = output.mutable_data_ptr<float>();
  const auto apply = activation == NormActivation::kSilu ? ScaleSilu : Scale;
  at::parallel_for(0, geometry.samples * runs, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t sample = i / runs, run = i % runs, at = geometry.RunAt(sample, run);
      apply(x + at, geometry.PixelsOf(run), channels, scale.data() + sample * channels,
            offset.data() + sample * channels, y + at);
    }
  });
  return output;
}

}  // namespace strobe::model
