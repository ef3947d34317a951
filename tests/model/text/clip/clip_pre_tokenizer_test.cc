#include "model/text/clip/clip_pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NormalizeForClipTest, ComposesDecomposedLetters) {
  EXPECT_EQ(NormalizeForClip("CAFE\u0301"), "caf\u00e9");
}

TEST(NormalizeForClipTest, TurnsRunsOfUnicodeWhiteSpaceIntoOneSpace) {
  EXPECT_EQ(NormalizeForClip("a \t\n\u00a0\u3000b\u2028"), "a b ");
}

TEST(NormalizeForClipTest, LowersEachCharacterWithoutItsContext) {
  EXPECT_EQ(NormalizeForClip("ΟΔΟΣ"), "οδοσ");  // not a final sigma
  EXPECT_EQ(NormalizeForClip("\u0130"), "i\u0307");
}

TEST(NormalizeForClipTest, ReplacesInvalidUtf8) {
  EXPECT_EQ(NormalizeForClip("a\xff"), "a\ufffd");
  EXPECT_EQ(NormalizeForClip("\xe4\xb8"), "\ufffd");
}

TEST(NormalizeForClipTest, KeepsNulAndOtherControlCharacters) {
  EXPECT_EQ(NormalizeForClip(absl::string_view("A\0\x01", 3)), std::string("a\0\x01", 3));
}

TEST(SplitForClipTest, SeparatesLettersNumbersAndOthers) {
  EXPECT_THAT(SplitForClip("v12 big-cat!! "), ElementsAre("v", "1", "2", "big", "-", "cat", "!!"));
}

TEST(SplitForClipTest, CutsContractionsOnlyWhereAWordStarts) {
  EXPECT_THAT(SplitForClip("they're 'sun ''s"), ElementsAre("they", "'re", "'s", "un", "''", "s"));
}

TEST(SplitForClipTest, SplitsSpelledOutSpecialTokensByThemselves) {
  EXPECT_THAT(SplitForClip("<|endoftext|>!!"), ElementsAre("<|", "endoftext", "|>", "!!"));
  EXPECT_THAT(SplitForClip("<|other|>!!"), ElementsAre("<|", "other", "|>!!"));
}

TEST(SplitForClipTest, FindsNoWordsInWhiteSpace) {
  EXPECT_THAT(SplitForClip(""), IsEmpty());
  EXPECT_THAT(SplitForClip(" \u00a0 "), IsEmpty());
}

}  // namespace
}  // namespace strobe::model
