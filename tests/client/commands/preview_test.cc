#include "client/commands/preview.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/image_io/image_codec.h"

namespace strobe::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

v1::GeneratedImage Picture(model::ImageFormat format) {
  const model::RgbImage pixels{8, 8, std::vector<uint8_t>(8 * 8 * 3, 200)};
  v1::GeneratedImage image;
  image.set_data(*model::EncodeImage(pixels, format, 90));
  image.set_mime_type(std::string(model::MimeType(format)));
  image.set_width(8);
  image.set_height(8);
  return image;
}

TEST(PreviewTest, EveryFormatIsDrawnInEveryStyle) {
  for (const auto format : {model::ImageFormat::kPng, model::ImageFormat::kJpeg,
                            model::ImageFormat::kWebp, model::ImageFormat::kRawRgb8}) {
    const v1::GeneratedImage image = Picture(format);
    EXPECT_THAT(DrawPreview(image, PreviewStyle::kHalfBlocks, 80), StartsWith("\x1b[38;2;"));
    EXPECT_THAT(DrawPreview(image, PreviewStyle::kKitty, 80), StartsWith("\x1b_Ga=T,f=100"));
    EXPECT_THAT(DrawPreview(image, PreviewStyle::kSixel, 80), HasSubstr("\"1;1;320;320"));
    EXPECT_EQ(DrawPreview(image, PreviewStyle::kNone, 80), "");
  }
}

TEST(PreviewTest, ANarrowTerminalGetsANarrowPicture) {
  const std::string drawn =
      DrawPreview(Picture(model::ImageFormat::kPng), PreviewStyle::kHalfBlocks, 4);
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), '\n'), 2);
}

TEST(PreviewTest, BrokenPicturesAreNotDrawn) {
  v1::GeneratedImage image = Picture(model::ImageFormat::kRawRgb8);
  image.set_width(1 << 30);
  EXPECT_EQ(DrawPreview(image, PreviewStyle::kHalfBlocks, 80), "");
  image.set_mime_type("image/png");
  EXPECT_EQ(DrawPreview(image, PreviewStyle::kHalfBlocks, 80), "");
}

}  // namespace
}  // namespace strobe::client
