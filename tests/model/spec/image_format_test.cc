#include "model/spec/image_format.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

TEST(ImageFormatTest, EveryFormatIsFoundByItsNameItsSuffixAndItsMimeType) {
  std::set<absl::string_view> types;
  for (const ImageFormat format : kImageFormats) {
    EXPECT_EQ(*ParseImageFormat(TraitsOf(format).name), format);
    EXPECT_EQ(*ParseImageFormat(FileExtension(format)), format);
    EXPECT_EQ(ImageFormatOfMimeType(MimeType(format)), format);
    types.insert(MimeType(format));
  }
  EXPECT_EQ(types.size(), kImageFormats.size());
}

TEST(ImageFormatTest, TheTableIsInTheOrderOfTheFormats) {
  EXPECT_EQ(MimeType(ImageFormat::kPng), "image/png");
  EXPECT_EQ(FileExtension(ImageFormat::kJpeg), "jpg");
  EXPECT_EQ(TraitsOf(ImageFormat::kWebp).name, "webp");
  EXPECT_EQ(MimeType(ImageFormat::kRawRgb8), "image/x-raw-rgb8");
  EXPECT_TRUE(TraitsOf(ImageFormat::kJpeg).has_quality);
  EXPECT_FALSE(TraitsOf(ImageFormat::kPng).has_quality);
}

TEST(ImageFormatTest, AnUnknownNameIsRefusedWithTheChoices) {
  const absl::Status status = ParseImageFormat("tiff").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("png, jpeg, webp or raw"));
  EXPECT_FALSE(ImageFormatOfMimeType("image/gif").has_value());
}

}  // namespace
}  // namespace strobe::model
