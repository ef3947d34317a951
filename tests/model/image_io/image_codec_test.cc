#include "model/image_io/image_codec.h"

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

// Smooth colour ramps with a hard-edged square, like a small picture of a model.
RgbImage Ramps(int width, int height) {
  RgbImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const bool square = x > width / 4 && x < width / 2 && y > height / 4 && y < height / 2;
      image.pixels.push_back(static_cast<uint8_t>(square ? 220 : 255 * x / width));
      image.pixels.push_back(static_cast<uint8_t>(square ? 30 : 255 * y / height));
      image.pixels.push_back(static_cast<uint8_t>(square ? 40 : 128));
    }
  }
  return image;
}

// The hardest picture for any codec: every byte 0..255, or with `binary` only 0 and 255.
RgbImage Noise(int width, int height, bool binary) {
  std::mt19937 random(7);
  RgbImage image{width, height, {}};
  image.pixels.resize(static_cast<size_t>(width) * height * 3);
  for (uint8_t& byte : image.pixels) {
    byte = static_cast<uint8_t>(binary ? (random() & 1) * 255 : random());
  }
  return image;
}

double PsnrDecibels(const RgbImage& a, const RgbImage& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = static_cast<double>(a.pixels[i]) - b.pixels[i];
    sum += difference * difference;
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.pixels.size()) / (sum + 1e-9));
}

std::string Encoded(const RgbImage& image, ImageFormat format, int quality = 90) {
  const absl::StatusOr<std::string> bytes = EncodeImage(image, format, quality);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or("");
}

TEST(ImageCodecTest, PngGivesBackEveryByteAtAnySize) {
  for (const auto& [width, height] :
       {std::pair(1, 1), std::pair(1, 9), std::pair(7, 3), std::pair(64, 64), std::pair(200, 33)}) {
    for (const RgbImage& image : {Ramps(width, height), Noise(width, height, false)}) {
      const absl::StatusOr<RgbImage> back = DecodeImage(Encoded(image, ImageFormat::kPng));
      ASSERT_TRUE(back.ok()) << back.status();
      EXPECT_EQ(back->width, width);
      EXPECT_EQ(back->height, height);
      EXPECT_EQ(back->pixels, image.pixels);
    }
  }
}

TEST(ImageCodecTest, PngOfASmoothPictureIsMuchSmallerThanRaw) {
  const RgbImage image = Ramps(256, 256);
  EXPECT_LT(Encoded(image, ImageFormat::kPng).size(), image.pixels.size() / 10);
}

TEST(ImageCodecTest, RawIsThePixelsThemselves) {
  const RgbImage image = Noise(5, 3, false);
  const std::string bytes = Encoded(image, ImageFormat::kRawRgb8);
  EXPECT_EQ(std::vector<uint8_t>(bytes.begin(), bytes.end()), image.pixels);
}

TEST(ImageCodecTest, LossyFormatsStayCloseAndGetCloserWithQuality) {
  const RgbImage image = Ramps(128, 96);
  for (const ImageFormat format : {ImageFormat::kJpeg, ImageFormat::kWebp}) {
    const absl::StatusOr<RgbImage> low = DecodeImage(Encoded(image, format, 10));
    const absl::StatusOr<RgbImage> high = DecodeImage(Encoded(image, format, 95));
    ASSERT_TRUE(low.ok() && high.ok()) << MimeType(format);
    EXPECT_EQ(high->width, 128);
    EXPECT_EQ(high->height, 96);
    EXPECT_GT(PsnrDecibels(image, *high), 35) << MimeType(format);
    EXPECT_GT(PsnrDecibels(image, *high), PsnrDecibels(image, *low) + 3) << MimeType(format);
    EXPECT_GT(Encoded(image, format, 95).size(), Encoded(image, format, 10).size());
  }
}

TEST(ImageCodecTest, ColoursKeepTheirPlaces) {
  RgbImage image{64, 64, {}};
  for (int i = 0; i < 64 * 64; ++i) image.pixels.insert(image.pixels.end(), {230, 20, 60});
  for (const ImageFormat format : {ImageFormat::kPng, ImageFormat::kJpeg, ImageFormat::kWebp}) {
    const absl::StatusOr<RgbImage> back = DecodeImage(Encoded(image, format));
    ASSERT_TRUE(back.ok());
    EXPECT_NEAR(back->pixels[0], 230, 6) << MimeType(format);
    EXPECT_NEAR(back->pixels[1], 20, 6) << MimeType(format);
    EXPECT_NEAR(back->pixels[2], 60, 6) << MimeType(format);
  }
}

using BoundCase = std::tuple<ImageFormat, int, bool>;
class MaxEncodedBytesTest : public ::testing::TestWithParam<BoundCase> {};

TEST_P(MaxEncodedBytesTest, HoldsForNoiseOfAnySize) {
  const auto& [format, quality, binary] = GetParam();
  for (const auto& [width, height] :
       {std::pair(1, 1), std::pair(16, 16), std::pair(17, 33), std::pair(256, 200)}) {
    EXPECT_LE(Encoded(Noise(width, height, binary), format, quality).size(),
              MaxEncodedBytes(format, width, height))
        << MimeType(format) << " " << width << "x" << height << " quality " << quality;
  }
}

INSTANTIATE_TEST_SUITE_P(AllFormats, MaxEncodedBytesTest,
                         ::testing::Combine(::testing::Values(ImageFormat::kPng, ImageFormat::kJpeg,
                                                              ImageFormat::kWebp,
                                                              ImageFormat::kRawRgb8),
                                            ::testing::Values(1, 94, 95, 100), ::testing::Bool()));

TEST(MaxEncodedBytesTest, LetsAMegapixelIntoAFourMebibyteMessage) {
  for (const ImageFormat format : {ImageFormat::kPng, ImageFormat::kJpeg, ImageFormat::kWebp}) {
    EXPECT_LT(MaxEncodedBytes(format, 1024, 1024), size_t{4} << 20) << MimeType(format);
  }
  EXPECT_EQ(MaxEncodedBytes(ImageFormat::kRawRgb8, 100, 10), 3000u);
  EXPECT_GT(MaxEncodedBytes(ImageFormat::kPng, 1 << 20, 1 << 20), size_t{1} << 40);
}

TEST(ImageCodecTest, EncodingRefusesPicturesThatAreNotWhatTheySay) {
  const auto refused = [](RgbImage image) {
    const absl::Status status = EncodeImage(image, ImageFormat::kPng, 90).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  };
  refused({0, 0, {}});
  refused({-1, 5, {}});
  refused({2, 2, std::vector<uint8_t>(11)});
  refused({2, 2, std::vector<uint8_t>(13)});
  refused({1 << 30, 1 << 30, {}});
}

TEST(ImageCodecTest, EncodingRefusesSidesThatTheFormatCannotHold) {
  const RgbImage wide{70000, 1, std::vector<uint8_t>(70000 * 3)};
  EXPECT_TRUE(EncodeImage(wide, ImageFormat::kPng, 90).ok());
  EXPECT_EQ(EncodeImage(wide, ImageFormat::kJpeg, 90).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeImage(wide, ImageFormat::kWebp, 90).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ImageCodecTest, DecodingRefusesCutBytesOfEveryFormat) {
  const RgbImage image = Ramps(48, 40);
  for (const ImageFormat format : {ImageFormat::kPng, ImageFormat::kJpeg, ImageFormat::kWebp}) {
    const std::string bytes = Encoded(image, format);
    for (const size_t keep : {size_t{0}, size_t{3}, size_t{12}, size_t{30}, bytes.size() / 2}) {
      const absl::Status status = DecodeImage(bytes.substr(0, keep)).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
          << MimeType(format) << " cut to " << keep << ": " << status;
    }
  }
}

TEST(ImageCodecTest, DecodingSurvivesAnyFlippedByte) {
  const RgbImage image = Ramps(24, 20);
  for (const ImageFormat format : {ImageFormat::kPng, ImageFormat::kJpeg, ImageFormat::kWebp}) {
    const std::string bytes = Encoded(image, format);
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string broken = bytes;
      broken[i] = static_cast<char>(broken[i] ^ 0xFF);
      const absl::StatusOr<RgbImage> back = DecodeImage(broken);
      if (back.ok()) {
        EXPECT_EQ(back->pixels.size(), static_cast<size_t>(back->width) * back->height * 3);
      } else {
        EXPECT_EQ(back.status().code(), absl::StatusCode::kInvalidArgument);
      }
    }
  }
}

TEST(ImageCodecTest, DecodingRefusesAHugeSizeBeforeAllocating) {
  std::string jpeg = Encoded(Ramps(8, 8), ImageFormat::kJpeg);
  // The frame header of baseline JPEG: FF C0, length, precision, height, width.
  const size_t frame = jpeg.find("\xFF\xC0");
  ASSERT_NE(frame, std::string::npos);
  for (size_t i = frame + 5; i < frame + 9; ++i) jpeg[i] = '\xFE';
  const absl::Status status = DecodeImage(jpeg).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("pixels"));
}

TEST(ImageCodecTest, DecodingRefusesUnknownBytesByName) {
  const absl::Status status = DecodeImage("GIF89a and so on").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("PNG"));
}

}  // namespace
}  // namespace strobe::model
