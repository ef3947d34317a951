#include "model/self_test/stored_pictures.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

using ::testing::DoubleNear;
using ::testing::HasSubstr;
using ::testing::SizeIs;

RgbImage Picture(int width, int height, uint8_t value) {
  return {width, height, std::vector<uint8_t>(static_cast<size_t>(width) * height * 3, value)};
}

TEST(PictureDifferenceTest, CountsHowManyValuesAreOffAndByHowMuch) {
  RgbImage a = Picture(10, 10, 100);
  RgbImage b = a;
  b.pixels[0] = 97;
  b.pixels[299] = 101;
  const PictureDifference difference = Compare(a, b);
  EXPECT_EQ(difference.largest, 3);
  EXPECT_THAT(difference.share, DoubleNear(2.0 / 300, 1e-12));
  EXPECT_THAT(difference.mean, DoubleNear(4.0 / 300, 1e-12));
  EXPECT_EQ(Describe(Compare(Picture(2, 1, 0), Picture(2, 1, 5))),
            "off by up to 5, on 100 % of the values, by 5 on average");
}

TEST(PictureDifferenceTest, APictureOfAnotherSizeIsAnotherPicture) {
  const PictureDifference difference = Compare(Picture(2, 3, 1), Picture(3, 2, 1));
  EXPECT_EQ(difference.largest, 255);
  EXPECT_EQ(difference.share, 1.0);
}

TEST(PictureDifferenceTest, EachLimitOfAToleranceCounts) {
  EXPECT_TRUE(IsWithin({1, 0.001, 0.001}, {}));
  EXPECT_FALSE(IsWithin({2, 0.0001, 0.001}, {}));
  EXPECT_FALSE(IsWithin({1, 0.0011, 0.001}, {}));
  EXPECT_FALSE(IsWithin({10, 0.5, 4.1}, {255, 1.0, 4.0}));
}

class StoredPicturesTest : public ::testing::Test {
 protected:
  StoredPicturesTest() : root_(::testing::TempDir() + absl::StrCat("/stored-pictures-", getpid())) {
    std::filesystem::create_directories(root_ + "/self_test");
  }
  ~StoredPicturesTest() override { std::filesystem::remove_all(root_); }

  // The error that reading gives when the index is `text`.
  std::string ErrorOf(const std::string& text) {
    std::ofstream(root_ + "/self_test/self_test.json") << text;
    const auto stored = ReadStoredPictures(root_);
    EXPECT_EQ(stored.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(stored.status().message());
  }

  const std::string root_;
};

TEST_F(StoredPicturesTest, WhatIsWrittenIsRead) {
  StoredPictures stored;
  stored.tolerance = {3, 0.25};
  GenerationSpec spec;
  spec.prompt = "a \"red\" circle";
  spec.seed = 18446744073709551615u;
  spec.num_inference_steps = 3;
  spec.width = 8;
  spec.height = 16;
  stored.pictures.push_back({spec, Picture(8, 16, 7)});
  spec.negative_prompt = "blur";
  spec.guidance_scale = 2.5;
  stored.pictures.push_back({spec, Picture(8, 16, 9)});
  ASSERT_EQ(WriteStoredPictures(root_, stored), absl::OkStatus());
  const auto read = ReadStoredPictures(root_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->tolerance.largest, 3);
  EXPECT_EQ(read->tolerance.share, 0.25);
  ASSERT_THAT(read->pictures, SizeIs(2));
  for (size_t i = 0; i < 2; ++i) {
    const StoredPicture& got = read->pictures[i];
    const StoredPicture& want = stored.pictures[i];
    EXPECT_EQ(got.image.pixels, want.image.pixels);
    EXPECT_EQ(got.spec.prompt, want.spec.prompt);
    EXPECT_EQ(got.spec.negative_prompt, want.spec.negative_prompt);
    EXPECT_EQ(got.spec.seed, want.spec.seed);
    EXPECT_EQ(got.spec.num_inference_steps, 3);
    EXPECT_EQ(got.spec.guidance_scale, want.spec.guidance_scale);
    EXPECT_EQ(got.spec.width, 8);
    EXPECT_EQ(got.spec.height, 16);
  }
}

TEST_F(StoredPicturesTest, AModelNeedNotHaveAny) {
  const auto stored = ReadStoredPictures(root_ + "/no-such-model");
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_THAT(stored->pictures, SizeIs(0));
}

TEST_F(StoredPicturesTest, AFileThatNoSelfTestNamesIsNotReplaced) {
  const std::string path = root_ + "/self_test/1.png";
  std::ofstream(path) << "mine";
  StoredPictures stored;
  stored.pictures.push_back({GenerationSpec(), Picture(8, 16, 7)});
  EXPECT_THAT(std::string(WriteStoredPictures(root_, stored).message()), HasSubstr(path));
  std::string content;
  std::ifstream(path) >> content;
  EXPECT_EQ(content, "mine");
  std::filesystem::remove(path);
  EXPECT_TRUE(WriteStoredPictures(root_, stored).ok());
  EXPECT_TRUE(WriteStoredPictures(root_, stored).ok());
}

TEST_F(StoredPicturesTest, ErrorsNameTheFile) {
  EXPECT_THAT(ErrorOf("{"), HasSubstr("self_test.json"));
  EXPECT_THAT(ErrorOf("[]"), HasSubstr("self_test.json"));
  EXPECT_THAT(ErrorOf("{}"), HasSubstr("pictures"));
  EXPECT_THAT(ErrorOf(R"({"pictures": [{"file": "1.png"}]})"),
              HasSubstr("'pictures[0].prompt' is missing"));
  const auto with_file = [](const std::string& file) {
    return absl::StrCat(R"({"pictures": [{"prompt": "a", "seed": 1, "num_inference_steps": 3, )",
                        R"("file": ")", file, R"("}]})");
  };
  EXPECT_THAT(ErrorOf(with_file("1.png")), HasSubstr("1.png"));
  EXPECT_THAT(ErrorOf(with_file("../x.png")), HasSubstr("../x.png"));
  std::ofstream(root_ + "/self_test/1.png") << "no picture";
  EXPECT_THAT(ErrorOf(with_file("1.png")), HasSubstr("1.png"));
  std::filesystem::remove(root_ + "/self_test/self_test.json");
  EXPECT_THAT(std::string(ReadStoredPictures(root_).status().message()),
              HasSubstr("self_test.json"));
}

}  // namespace
}  // namespace strobe::model
