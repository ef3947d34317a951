#include "client/load/picture_flaw.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "model/image_io/image_codec.h"

namespace strobe::client {
namespace {

constexpr model::ImageFormat kFormats[] = {model::ImageFormat::kPng, model::ImageFormat::kJpeg,
                                           model::ImageFormat::kWebp, model::ImageFormat::kRawRgb8};

// 16x8 pixels, as a server sends them.
v1::GeneratedImage Encoded(model::ImageFormat format) {
  const model::RgbImage pixels{16, 8, std::vector<uint8_t>(16 * 8 * 3, 77)};
  v1::GeneratedImage image;
  image.set_width(16);
  image.set_height(8);
  image.set_mime_type(std::string(model::MimeType(format)));
  image.set_data(*model::EncodeImage(pixels, format, 90));
  return image;
}

TEST(PictureFlawTest, WholePicturesOfEveryFormatHaveNone) {
  for (const model::ImageFormat format : kFormats) {
    const v1::GeneratedImage image = Encoded(format);
    EXPECT_EQ(FlawOf(image, 16, 8), PictureFlaw::kNone) << image.mime_type();
    EXPECT_EQ(FlawOf(image, 0, 0), PictureFlaw::kNone) << "any size";
  }
}

TEST(PictureFlawTest, APictureThatIsCutOffOrOfAnotherTypeIsCorrupt) {
  for (const model::ImageFormat format : kFormats) {
    v1::GeneratedImage image = Encoded(format);
    for (const size_t size : {size_t{0}, size_t{5}, image.data().size() - 1}) {
      v1::GeneratedImage cut = image;
      cut.mutable_data()->resize(size);
      EXPECT_EQ(FlawOf(cut, 16, 8), PictureFlaw::kCorrupt) << image.mime_type() << " " << size;
    }
    image.set_mime_type("text/html");
    EXPECT_EQ(FlawOf(image, 16, 8), PictureFlaw::kCorrupt);
  }
  v1::GeneratedImage jpeg = Encoded(model::ImageFormat::kJpeg);
  jpeg.set_mime_type("image/png");
  EXPECT_EQ(FlawOf(jpeg, 16, 8), PictureFlaw::kCorrupt);
}

TEST(PictureFlawTest, AnotherSizeThanAskedForOrThanTheServerSaysIsFound) {
  v1::GeneratedImage image = Encoded(model::ImageFormat::kPng);
  EXPECT_EQ(FlawOf(image, 16, 16), PictureFlaw::kWrongSize);
  EXPECT_EQ(FlawOf(image, 8, 8), PictureFlaw::kWrongSize);
  image.set_height(16);
  EXPECT_EQ(FlawOf(image, 16, 16), PictureFlaw::kWrongSize) << "the PNG itself is of 16x8";
}

}  // namespace
}  // namespace strobe::client
