#include "client/terminal_image.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace strobe::client {
namespace {

constexpr size_t kKittyChunk = 4096;
constexpr char kUpperHalfBlock[] = "\u2580";
constexpr char kReset[] = "\x1b[0m";

const uint8_t* PixelAt(const model::RgbImage& image, int x, int y) {
  return image.pixels.data() + (static_cast<size_t>(y) * image.width + x) * 3;
}

// The mean of columns [x0, x1) and rows [y0, y1), rounded.
std::array<uint8_t, 3> Mean(const model::RgbImage& image, int x0, int x1, int y0, int y1) {
  std::array<uint64_t, 3> sum{};
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) {
      for (size_t c = 0; c < 3; ++c) sum[c] += PixelAt(image, x, y)[c];
    }
  }
  const uint64_t count = static_cast<uint64_t>(x1 - x0) * static_cast<uint64_t>(y1 - y0);
  std::array<uint8_t, 3> mean;
  for (size_t c = 0; c < 3; ++c) mean[c] = static_cast<uint8_t>((sum[c] + count / 2) / count);
  return mean;
}

void AppendColour(absl::string_view kind, const uint8_t* rgb, std::string& out) {
  absl::StrAppend(&out, "\x1b[", kind, ";2;", rgb[0], ";", rgb[1], ";", rgb[2], "m");
}

}  // namespace

model::RgbImage ShrunkToFit(const model::RgbImage& image, int max_width, int max_height) {
  const double scale = std::min({1.0, static_cast<double>(max_width) / image.width,
                                 static_cast<double>(max_height) / image.height});
  if (scale >= 1.0) return image;
  model::RgbImage small;
  small.width = std::clamp(static_cast<int>(image.width * scale), 1, max_width);
  small.height = std::clamp(static_cast<int>(image.height * scale), 1, max_height);
  small.pixels.reserve(static_cast<size_t>(small.width) * small.height * 3);
  const auto edge = [](int i, int small_side, int side) {
    return static_cast<int>(static_cast<int64_t>(i) * side / small_side);
  };
  for (int y = 0; y < small.height; ++y) {
    const int y0 = edge(y, small.height, image.height);
    const int y1 = edge(y + 1, small.height, image.height);
    for (int x = 0; x < small.width; ++x) {
      const auto mean = Mean(image, edge(x, small.width, image.width),
                             edge(x + 1, small.width, image.width), y0, y1);
      small.pixels.insert(small.pixels.end(), mean.begin(), mean.end());
    }
  }
  return small;
}

model::RgbImage Enlarged(const model::RgbImage& image, int factor) {
  model::RgbImage large{image.width * factor, image.height * factor, {}};
  large.pixels.reserve(static_cast<size_t>(large.width) * large.height * 3);
  for (int y = 0; y < large.height; ++y) {
    for (int x = 0; x < large.width; ++x) {
      const uint8_t* pixel = PixelAt(image, x / factor, y / factor);
      large.pixels.insert(large.pixels.end(), pixel, pixel + 3);
    }
  }
  return large;
}

std::string HalfBlocks(const model::RgbImage& image) {
  std::string out;
  for (int y = 0; y < image.height; y += 2) {
    for (int x = 0; x < image.width; ++x) {
      AppendColour("38", PixelAt(image, x, y), out);
      if (y + 1 < image.height) AppendColour("48", PixelAt(image, x, y + 1), out);
      absl::StrAppend(&out, kUpperHalfBlock);
    }
    absl::StrAppend(&out, kReset, "\n");
  }
  return out;
}

std::string KittyImage(absl::string_view png, int columns) {
  const std::string payload = absl::Base64Escape(png);
  std::string out;
  for (size_t at = 0; at == 0 || at < payload.size(); at += kKittyChunk) {
    const bool more = at + kKittyChunk < payload.size();
    absl::StrAppend(&out, "\x1b_G");
    // a=T: transmit and show; f=100: PNG; q=2: no answer.
    if (at == 0) absl::StrAppend(&out, "a=T,f=100,q=2,c=", columns, ",");
    absl::StrAppend(&out, "m=", more ? 1 : 0, ";",
                    absl::string_view(payload).substr(at, kKittyChunk), "\x1b\\");
  }
  absl::StrAppend(&out, "\n");
  return out;
}

}  // namespace strobe::client
