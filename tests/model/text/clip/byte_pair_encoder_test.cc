#include "model/text/clip/byte_pair_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kUnknown = 99;

TokenIds Vocab() {
  return {{"a", 1},      {"b", 2},  {"a</w>", 3},   {"b</w>", 4},  {"ab", 5},
          {"ab</w>", 6}, {"aa", 7}, {"aab</w>", 8}, {"\u0100", 9}, {"\u0120</w>", 10}};
}

std::vector<int64_t> Encode(const MergeList& merges, absl::string_view word) {
  const auto encoder = BytePairEncoder::Create(Vocab(), merges, kUnknown);
  EXPECT_TRUE(encoder.ok()) << encoder.status();
  std::vector<int64_t> ids;
  if (encoder.ok()) encoder->Encode(word, ids);
  return ids;
}

TEST(BytePairEncoderTest, MarksTheLastSymbolOfAWord) {
  EXPECT_THAT(Encode({}, "aba"), ElementsAre(1, 2, 3));
}

TEST(BytePairEncoderTest, AppliesTheEarlierMergeFirst) {
  EXPECT_THAT(Encode({{"a", "a"}, {"a", "b</w>"}}, "aab"), ElementsAre(7, 4));
  EXPECT_THAT(Encode({{"a", "b</w>"}, {"a", "a"}}, "aab"), ElementsAre(1, 6));
}

TEST(BytePairEncoderTest, MergesTheLeftmostOfEqualPairs) {
  EXPECT_THAT(Encode({{"a", "a"}}, "aaab"), ElementsAre(7, 1, 4));
}

TEST(BytePairEncoderTest, MergesWhatMergesMade) {
  EXPECT_THAT(Encode({{"a", "b</w>"}, {"a", "ab</w>"}}, "aab"), ElementsAre(8));
}

TEST(BytePairEncoderTest, SpellsUnprintableBytesWithTheirStandIns) {
  EXPECT_THAT(Encode({}, absl::string_view("\0 ", 2)), ElementsAre(9, 10));
}

TEST(BytePairEncoderTest, MakesEachUnknownByteTheUnknownToken) {
  EXPECT_THAT(Encode({}, "xay"), ElementsAre(kUnknown, 1, kUnknown));
}

TEST(BytePairEncoderTest, EncodesAnEmptyWordAsNothing) { EXPECT_THAT(Encode({}, ""), IsEmpty()); }

TEST(BytePairEncoderTest, RefusesMergesOutsideTheVocabulary) {
  const auto encoder = BytePairEncoder::Create(Vocab(), {{"b", "a"}}, kUnknown);
  EXPECT_EQ(encoder.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(encoder.status().message()), HasSubstr("'b a'"));
}

TEST(BytePairEncoderTest, EncodesAHugeWordInNearlyLinearTime) {
  // 1 MB: a quadratic algorithm would need hours.
  const std::string word(1 << 20, 'a');
  EXPECT_EQ(Encode({{"a", "a"}}, word).size(), word.size() / 2 + 1);
}

}  // namespace
}  // namespace strobe::model
