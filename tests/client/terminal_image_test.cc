#include "client/terminal_image.h"

#include <cstdint>
#include <string>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using model::RgbImage;

TEST(HalfBlocksTest, TwoPixelRowsShareALine) {
  const RgbImage image{1, 2, {255, 0, 1, 2, 128, 64}};
  EXPECT_EQ(HalfBlocks(image), "\x1b[38;2;255;0;1m\x1b[48;2;2;128;64m\u2580\x1b[0m\n");
}

TEST(HalfBlocksTest, AnOddLastRowHasNoBackground) {
  const RgbImage image{1, 1, {9, 8, 7}};
  EXPECT_EQ(HalfBlocks(image), "\x1b[38;2;9;8;7m\u2580\x1b[0m\n");
}

TEST(ShrunkToFitTest, AveragesAndKeepsProportions) {
  const RgbImage image{
      4, 2, {0, 0, 0, 10, 0, 0, 20, 0, 0, 30, 0, 0, 20, 0, 0, 30, 0, 0, 40, 0, 0, 51, 0, 0}};
  const RgbImage small = ShrunkToFit(image, 2, 100);
  EXPECT_EQ(small.width, 2);
  EXPECT_EQ(small.height, 1);
  EXPECT_EQ(small.pixels, (std::vector<uint8_t>{15, 0, 0, 35, 0, 0}));
}

TEST(ShrunkToFitTest, NeverEnlargesAndNeverVanishes) {
  const RgbImage image{2, 1, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(ShrunkToFit(image, 100, 100).pixels, image.pixels);
  RgbImage line{500, 1, std::vector<uint8_t>(1500, 77)};
  const RgbImage small = ShrunkToFit(line, 10, 10);
  EXPECT_EQ(small.width, 10);
  EXPECT_EQ(small.height, 1);
  EXPECT_EQ(small.pixels, std::vector<uint8_t>(30, 77));
}

TEST(EnlargedTest, RepeatsEveryPixel) {
  const RgbImage large = Enlarged({2, 1, {1, 2, 3, 4, 5, 6}}, 2);
  EXPECT_EQ(large.width, 4);
  EXPECT_EQ(large.height, 2);
  EXPECT_EQ(large.pixels, (std::vector<uint8_t>{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6,
                                                1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
}

TEST(KittyImageTest, AShortPayloadIsOneChunk) {
  EXPECT_EQ(KittyImage("png", 32), "\x1b_Ga=T,f=100,q=2,c=32,m=0;cG5n\x1b\\\n");
}

TEST(KittyImageTest, ALongPayloadIsCutIntoChunksThatGiveItBack) {
  std::string png;
  for (int i = 0; i < 10000; ++i) png.push_back(static_cast<char>(i * 31));
  const std::string escape = KittyImage(png, 10);
  std::string payload;
  int chunks = 0;
  for (size_t at = escape.find("\x1b_G"); at != std::string::npos;
       at = escape.find("\x1b_G", at + 1)) {
    const size_t begin = escape.find(';', at) + 1;
    const size_t end = escape.find("\x1b\\", begin);
    const bool last = escape.find("\x1b_G", end) == std::string::npos;
    EXPECT_EQ(escape[begin - 2], last ? '0' : '1');
    EXPECT_LE(end - begin, 4096u);
    payload += escape.substr(begin, end - begin);
    ++chunks;
  }
  EXPECT_EQ(chunks, 4);
  std::string back;
  ASSERT_TRUE(absl::Base64Unescape(payload, &back));
  EXPECT_EQ(back, png);
}

}  // namespace
}  // namespace strobe::client
