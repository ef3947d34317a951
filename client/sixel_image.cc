#include "client/sixel_image.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"

namespace strobe::client {
namespace {

constexpr int kLevels = 6;
constexpr int kColours = kLevels * kLevels * kLevels;
constexpr int kBandRows = 6;
constexpr int kShortestRun = 4;  // "!4x" is as long as "xxx" and its repeats are worth it from here

// Thresholds of ordered dithering, in sixteenths.
constexpr int kBayer[4][4] = {{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}};

// The level below or above `value`, above more often the nearer it is.
int Level(uint8_t value, int x, int y) {
  const int scaled = value * (kLevels - 1);
  const int below = scaled / 255;
  const int remainder = scaled % 255;
  return below + (remainder * 16 > (kBayer[y % 4][x % 4] * 255 + 127) ? 1 : 0);
}

std::vector<uint8_t> PaletteIndices(const model::RgbImage& image) {
  std::vector<uint8_t> indices;
  indices.reserve(image.pixels.size() / 3);
  const uint8_t* pixel = image.pixels.data();
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x, pixel += 3) {
      const int index = (Level(pixel[0], x, y) * kLevels + Level(pixel[1], x, y)) * kLevels +
                        Level(pixel[2], x, y);
      indices.push_back(static_cast<uint8_t>(index));
    }
  }
  return indices;
}

void AppendPalette(const std::vector<uint8_t>& indices, std::string& out) {
  std::array<bool, kColours> used{};
  for (const uint8_t index : indices) used[index] = true;
  const auto percent = [](int level) { return level * 100 / (kLevels - 1); };
  for (int i = 0; i < kColours; ++i) {
    if (!used[static_cast<size_t>(i)]) continue;
    absl::StrAppend(&out, "#", i, ";2;", percent(i / (kLevels * kLevels)), ";",
                    percent(i / kLevels % kLevels), ";", percent(i % kLevels));
  }
}

void AppendRun(char sixel, int count, std::string& out) {
  if (count < kShortestRun) {
    out.append(static_cast<size_t>(count), sixel);
  } else {
    absl::StrAppend(&out, "!", count, std::string(1, sixel));
  }
}

// One colour's pixels of the band: a character a column, bit r set for row r.
void AppendColourOfBand(int colour, const std::vector<uint8_t>& masks, std::string& out) {
  absl::StrAppend(&out, "#", colour);
  for (size_t x = 0; x < masks.size();) {
    size_t end = x + 1;
    while (end < masks.size() && masks[end] == masks[x]) ++end;
    AppendRun(static_cast<char>('?' + masks[x]), static_cast<int>(end - x), out);
    x = end;
  }
  out.push_back('$');
}

void AppendBand(const uint8_t* indices, int width, int rows, std::string& out) {
  std::array<std::vector<uint8_t>, kColours> masks;
  for (int row = 0; row < rows; ++row) {
    for (int x = 0; x < width; ++x) {
      std::vector<uint8_t>& mask = masks[indices[row * width + x]];
      if (mask.empty()) mask.resize(static_cast<size_t>(width));
      mask[static_cast<size_t>(x)] |= static_cast<uint8_t>(1 << row);
    }
  }
  for (int colour = 0; colour < kColours; ++colour) {
    const std::vector<uint8_t>& mask = masks[static_cast<size_t>(colour)];
    if (!mask.empty()) AppendColourOfBand(colour, mask, out);
  }
  out.push_back('-');
}

}  // namespace

std::string SixelImage(const model::RgbImage& image) {
  const std::vector<uint8_t> indices = PaletteIndices(image);
  // Pixels are square, unset ones transparent; then the picture's size.
  std::string out = absl::StrCat("\x1bP0;1;0q\"1;1;", image.width, ";", image.height);
  AppendPalette(indices, out);
  for (int y = 0; y < image.height; y += kBandRows) {
    AppendBand(indices.data() + static_cast<size_t>(y) * image.width, image.width,
               std::min(kBandRows, image.height - y), out);
  }
  absl::StrAppend(&out, "\x1b\\\n");
  return out;
}

}  // namespace strobe::client
