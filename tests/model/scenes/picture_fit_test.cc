#include "model/scenes/picture_fit.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace strobe::model {
namespace {

RgbImage Filled(int width, int height, uint8_t value) {
  return {width, height, std::vector<uint8_t>(static_cast<size_t>(width * height * 3), value)};
}

uint8_t& RedAt(RgbImage& image, int x, int y) {
  return image.pixels[static_cast<size_t>(3 * (y * image.width + x))];
}

TEST(PictureFitTest, APictureOfThatSizeComesBackUnchanged) {
  RgbImage image = Filled(5, 5, 0);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(3 * i);
  EXPECT_EQ(FitToSquare(image, 5).pixels, image.pixels);
}

TEST(PictureFitTest, OneColourStaysThatColour) {
  for (int size : {1, 3, 64, 100}) {
    EXPECT_EQ(FitToSquare(Filled(17, 40, 91), size).pixels, Filled(size, size, 91).pixels) << size;
  }
}

TEST(PictureFitTest, WideAndTallPicturesKeepTheirMiddle) {
  RgbImage wide = Filled(30, 10, 0);
  for (int y = 0; y < 10; ++y) {
    for (int x = 10; x < 20; ++x) RedAt(wide, x, y) = 200;
  }
  RgbImage fitted = FitToSquare(wide, 10);
  EXPECT_EQ(RedAt(fitted, 0, 5), 200);
  EXPECT_EQ(RedAt(fitted, 9, 5), 200);
  RgbImage tall = Filled(10, 30, 0);
  for (int x = 0; x < 10; ++x) {
    for (int y = 10; y < 20; ++y) RedAt(tall, x, y) = 200;
  }
  fitted = FitToSquare(tall, 10);
  EXPECT_EQ(RedAt(fitted, 5, 0), 200);
  EXPECT_EQ(RedAt(fitted, 5, 9), 200);
}

TEST(PictureFitTest, FineStripesBecomeGreyInsteadOfMoire) {
  RgbImage stripes = Filled(128, 128, 0);
  for (int y = 0; y < 128; ++y) {
    for (int x = 0; x < 128; x += 2) RedAt(stripes, x, y) = 255;
  }
  RgbImage fitted = FitToSquare(stripes, 16);
  for (int x = 1; x < 15; ++x) EXPECT_NEAR(RedAt(fitted, x, 8), 128, 3);
}

TEST(PictureFitTest, AWiderPictureHasNoHoles) {
  RgbImage ramp = Filled(2, 2, 0);
  RedAt(ramp, 1, 0) = RedAt(ramp, 1, 1) = 200;
  RgbImage fitted = FitToSquare(ramp, 8);
  for (int x = 1; x < 8; ++x) EXPECT_GE(RedAt(fitted, x, 4), RedAt(fitted, x - 1, 4));
  EXPECT_EQ(RedAt(fitted, 0, 0), 0);
  EXPECT_EQ(RedAt(fitted, 7, 0), 200);
}

}  // namespace
}  // namespace strobe::model
