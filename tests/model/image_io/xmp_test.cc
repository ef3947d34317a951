#include "model/image_io/xmp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace strobe::model {
namespace {

constexpr absl::string_view kPacket = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">mark</x:xmpmeta>";

RgbImage Picture() {
  RgbImage image{24, 16, std::vector<uint8_t>(24 * 16 * 3)};
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 7);
  return image;
}

class XmpTest : public testing::TestWithParam<ImageFormat> {};

TEST_P(XmpTest, ThePacketIsInsideAndThePixelsStay) {
  const std::string plain = *EncodeImage(Picture(), GetParam(), 90);
  const auto marked = AddXmp(plain, GetParam(), kPacket);
  ASSERT_TRUE(marked.ok()) << marked.status();
  EXPECT_TRUE(absl::StrContains(*marked, kPacket));
  EXPECT_LE(marked->size(), plain.size() + kPacket.size() + kXmpOverheadBytes);
  const auto before = DecodeImage(plain);
  const auto after = DecodeImage(*marked);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->pixels, before->pixels);
}

TEST_P(XmpTest, TheLongestPacketFits) {
  const std::string plain = *EncodeImage(Picture(), GetParam(), 90);
  const auto marked = AddXmp(plain, GetParam(), std::string(kMaxXmpBytes, ' '));
  ASSERT_TRUE(marked.ok()) << marked.status();
  EXPECT_TRUE(DecodeImage(*marked).ok());
  EXPECT_EQ(AddXmp(plain, GetParam(), std::string(kMaxXmpBytes + 1, ' ')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(XmpTest, BytesOfAnotherFormatAreRefused) {
  for (const std::string& bytes : {std::string(), std::string("garbage"), std::string(2, '\xFF')}) {
    EXPECT_EQ(AddXmp(bytes, GetParam(), kPacket).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, XmpTest,
                         testing::Values(ImageFormat::kPng, ImageFormat::kJpeg,
                                         ImageFormat::kWebp));

TEST(RawXmpTest, RawPixelsStayAsTheyAre) {
  EXPECT_EQ(*AddXmp("rgb", ImageFormat::kRawRgb8, kPacket), "rgb");
}

}  // namespace
}  // namespace strobe::model
