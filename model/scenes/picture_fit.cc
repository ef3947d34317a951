#include "model/scenes/picture_fit.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace strobe::model {
namespace {

// The source pixels that make one target pixel, with weights that add up to 1.
struct Taps {
  int begin = 0;
  std::vector<float> weights;
};

std::vector<Taps> TriangleTaps(int source, int target) {
  const float scale = static_cast<float>(source) / static_cast<float>(target);
  const float support = std::max(1.0f, scale);
  std::vector<Taps> taps(static_cast<size_t>(target));
  for (int i = 0; i < target; ++i) {
    const float center = (static_cast<float>(i) + 0.5f) * scale;
    Taps& tap = taps[static_cast<size_t>(i)];
    tap.begin = std::max(0, static_cast<int>(std::floor(center - support)));
    const int end = std::min(source, static_cast<int>(std::ceil(center + support)));
    float sum = 0.0f;
    for (int j = tap.begin; j < end; ++j) {
      const float distance = std::abs(static_cast<float>(j) + 0.5f - center) / support;
      tap.weights.push_back(std::max(0.0f, 1.0f - distance));
      sum += tap.weights.back();
    }
    for (float& weight : tap.weights) weight /= sum;
  }
  return taps;
}

}  // namespace

RgbImage FitToSquare(const RgbImage& image, int size) {
  if (image.width == size && image.height == size) return image;
  const int side = std::min(image.width, image.height);
  const size_t left = static_cast<size_t>((image.width - side) / 2);
  const size_t top = static_cast<size_t>((image.height - side) / 2);
  const std::vector<Taps> taps = TriangleTaps(side, size);
  const size_t target = static_cast<size_t>(size);

  // Rows first: `side` rows of `size` pixels.
  std::vector<float> narrow(static_cast<size_t>(side) * target * 3);
  for (size_t row = 0; row < static_cast<size_t>(side); ++row) {
    const size_t line = ((top + row) * static_cast<size_t>(image.width) + left) * 3;
    for (size_t i = 0; i < target * 3; ++i) {
      const Taps& tap = taps[i / 3];
      const uint8_t* from = &image.pixels[line + static_cast<size_t>(tap.begin) * 3 + i % 3];
      float sum = 0.0f;
      for (size_t k = 0; k < tap.weights.size(); ++k) sum += tap.weights[k] * from[3 * k];
      narrow[row * target * 3 + i] = sum;
    }
  }
  RgbImage fitted{size, size, std::vector<uint8_t>(target * target * 3)};
  for (size_t row = 0; row < target; ++row) {
    const Taps& tap = taps[row];
    for (size_t i = 0; i < target * 3; ++i) {
      const float* from = &narrow[static_cast<size_t>(tap.begin) * target * 3 + i];
      float sum = 0.0f;
      for (size_t k = 0; k < tap.weights.size(); ++k) sum += tap.weights[k] * from[k * target * 3];
      fitted.pixels[row * target * 3 + i] =
          static_cast<uint8_t>(std::clamp(sum, 0.0f, 255.0f) + 0.5f);
    }
  }
  return fitted;
}

}  // namespace strobe::model
