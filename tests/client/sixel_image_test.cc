#include "client/sixel_image.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using model::RgbImage;

// Reads what SixelImage writes, by the VT340 rules.
class SixelReader {
 public:
  explicit SixelReader(const std::string& text) : text_(text) {
    EXPECT_EQ(text_.substr(0, 2), "\x1bP");
    at_ = text_.find('"') + 5;  // "1;1;
    image_.width = Number();
    ++at_;
    image_.height = Number();
    image_.pixels.assign(static_cast<size_t>(image_.width) * image_.height * 3, 255);
    while (text_[at_] != '\x1b') Step();
    EXPECT_EQ(text_.substr(at_), "\x1b\\\n");
  }
  const RgbImage& image() const { return image_; }
  size_t colours() const { return palette_.size(); }

 private:
  int Number() {
    int value = 0;
    while (text_[at_] >= '0' && text_[at_] <= '9') value = value * 10 + (text_[at_++] - '0');
    return value;
  }
  void Step() {
    const char c = text_[at_++];
    if (c == '#') {
      colour_ = Number();
      if (text_[at_] == ';') {
        at_ += 3;  // ;2;
        for (int i = 0; i < 3; ++i) {
          palette_[colour_].push_back(Number());
          if (i < 2) ++at_;
        }
      }
    } else if (c == '!') {
      const int count = Number();
      Draw(text_[at_++], count);
    } else if (c == '$') {
      x_ = 0;
    } else if (c == '-') {
      x_ = 0;
      band_ += 6;
    } else {
      Draw(c, 1);
    }
  }
  void Draw(char sixel, int count) {
    for (; count > 0; --count, ++x_) {
      for (int row = 0; row < 6; ++row) {
        if (((sixel - '?') >> row & 1) == 0) continue;
        ASSERT_LT(x_, image_.width);
        ASSERT_LT(band_ + row, image_.height);
        for (size_t i = 0; i < 3; ++i) {
          image_.pixels[(static_cast<size_t>(band_ + row) * image_.width + x_) * 3 + i] =
              static_cast<uint8_t>(palette_.at(colour_)[i] * 255 / 100);
        }
      }
    }
  }

  const std::string text_;
  size_t at_ = 0;
  RgbImage image_;
  std::map<int, std::vector<int>> palette_;
  int colour_ = 0;
  int x_ = 0;
  int band_ = 0;
};

TEST(SixelImageTest, ColoursOfTheCubeComeBackExactlyInTheirPlaces) {
  RgbImage image{9, 13, {}};
  for (int y = 0; y < 13; ++y) {
    for (int x = 0; x < 9; ++x) {
      image.pixels.insert(image.pixels.end(),
                          {static_cast<uint8_t>(x % 6 * 51), static_cast<uint8_t>(y % 6 * 51),
                           static_cast<uint8_t>(x > y ? 255 : 0)});
    }
  }
  const SixelReader reader(SixelImage(image));
  EXPECT_EQ(reader.image().width, 9);
  EXPECT_EQ(reader.image().height, 13);
  EXPECT_EQ(reader.image().pixels, image.pixels);
}

TEST(SixelImageTest, OtherColoursAreDitheredToTheRightMean) {
  const RgbImage image{16, 12, std::vector<uint8_t>(16 * 12 * 3, 117)};
  const SixelReader reader(SixelImage(image));
  double sum = 0;
  for (const uint8_t value : reader.image().pixels) {
    EXPECT_LE(std::abs(value - 117), 51);
    sum += value;
  }
  EXPECT_NEAR(sum / static_cast<double>(image.pixels.size()), 117, 4);
}

TEST(SixelImageTest, OnlyUsedColoursAreDefinedAndRunsAreShort) {
  const RgbImage image{200, 6, std::vector<uint8_t>(200 * 6 * 3, 255)};
  const std::string sixel = SixelImage(image);
  EXPECT_EQ(SixelReader(sixel).colours(), 1u);
  EXPECT_LT(sixel.size(), 60u);
}

}  // namespace
}  // namespace strobe::client
