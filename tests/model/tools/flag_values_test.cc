#include "model/tools/flag_values.h"

#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FlagValuesTest, SizesAreWidthTimesHeight) {
  EXPECT_EQ(*ParseSizeFlag("128x96"), std::make_pair(128, 96));
  for (const char* bad : {"", "128", "128x", "x96", "0x64", "-8x64", "64x64x3", "64X64", "axb"}) {
    EXPECT_THAT(std::string(ParseSizeFlag(bad).status().message()), HasSubstr("--size")) << bad;
  }
}

TEST(FlagValuesTest, DevicesAreTheCpuOrANumberedGpu) {
  EXPECT_EQ(*ParseDeviceFlag("cpu"), at::Device(at::kCPU));
  EXPECT_EQ(*ParseDeviceFlag("cuda"), at::Device(at::kCUDA, 0));
  EXPECT_EQ(*ParseDeviceFlag("cuda:1"), at::Device(at::kCUDA, 1));
  for (const char* bad :
       {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:0:1", "cpu:0", "cuda:999"}) {
    EXPECT_THAT(std::string(ParseDeviceFlag(bad).status().message()), HasSubstr("--device")) << bad;
  }
}

TEST(FlagValuesTest, DtypesHaveTheNamesOfTorch) {
  EXPECT_EQ(*ParseDtypeFlag("float32"), at::kFloat);
  EXPECT_EQ(*ParseDtypeFlag("float16"), at::kHalf);
  EXPECT_EQ(*ParseDtypeFlag("bfloat16"), at::kBFloat16);
  EXPECT_THAT(std::string(ParseDtypeFlag("int8").status().message()), HasSubstr("'int8'"));
}

TEST(FlagValuesTest, TimestepsAreNumbersBetweenCommas) {
  EXPECT_THAT(*ParseTimestepsFlag("999"), ElementsAre(999));
  EXPECT_THAT(*ParseTimestepsFlag("999,499.5"), ElementsAre(999, 499.5));
  for (const char* bad : {"", "999,", "a", "nan", "1e999"}) {
    EXPECT_FALSE(ParseTimestepsFlag(bad).ok()) << bad;
  }
}

TEST(FlagValuesTest, SwitchesAreOnOrOff) {
  EXPECT_TRUE(*ParseOnOffFlag("--noise-correction", "on"));
  EXPECT_FALSE(*ParseOnOffFlag("--noise-correction", "off"));
  EXPECT_THAT(std::string(ParseOnOffFlag("--noise-correction", "yes").status().message()),
              HasSubstr("--noise-correction: 'yes' is not on or off"));
}

TEST(FlagValuesTest, TheExtensionChoosesTheFormat) {
  EXPECT_EQ(*ImageFormatOfPath("a/b.png"), ImageFormat::kPng);
  EXPECT_EQ(*ImageFormatOfPath("b.JPG"), ImageFormat::kJpeg);
  EXPECT_EQ(*ImageFormatOfPath("b.jpeg"), ImageFormat::kJpeg);
  EXPECT_EQ(*ImageFormatOfPath("b.webp"), ImageFormat::kWebp);
  for (const char* bad : {"", "image", "image.", "image.gif", "dir.png/image"}) {
    EXPECT_FALSE(ImageFormatOfPath(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace strobe::model
