#include "client/output_format.h"

#include <gtest/gtest.h>

namespace strobe::client {
namespace {

TEST(OutputFormatTest, EveryFormatHasItsOwnValueOnTheWire) {
  EXPECT_EQ(OutputFormatOf("png"), v1::OUTPUT_FORMAT_PNG);
  EXPECT_EQ(OutputFormatOf("jpeg"), v1::OUTPUT_FORMAT_JPEG);
  EXPECT_EQ(OutputFormatOf("jpg"), v1::OUTPUT_FORMAT_JPEG);
  EXPECT_EQ(OutputFormatOf("webp"), v1::OUTPUT_FORMAT_WEBP);
  EXPECT_EQ(OutputFormatOf("raw"), v1::OUTPUT_FORMAT_RAW_RGB8);
}

TEST(OutputFormatTest, AnUnknownNameIsNeverTakenForPng) {
  EXPECT_ANY_THROW(OutputFormatOf("gif"));
  EXPECT_ANY_THROW(OutputFormatOf(""));
}

}  // namespace
}  // namespace strobe::client
