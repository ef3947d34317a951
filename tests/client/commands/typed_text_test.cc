#include "client/commands/typed_text.h"

#include "gtest/gtest.h"

namespace strobe::client {
namespace {

TEST(TypedTextTest, GrowsAndShrinksByWholeCharacters) {
  TypedText typed;
  EXPECT_TRUE(typed.Type("caf\xc3\xa9"));
  EXPECT_EQ(typed.text(), "caf\xc3\xa9");
  EXPECT_TRUE(typed.Type("\x7f"));
  EXPECT_EQ(typed.text(), "caf");
  EXPECT_TRUE(typed.Type("\x08t"));
  EXPECT_EQ(typed.text(), "cat");
}

TEST(TypedTextTest, CtrlUTakesAllBackAndAnEmptyLineHasNothingToTakeBack) {
  TypedText typed;
  typed.Type("a cat");
  EXPECT_TRUE(typed.Type("\x15"));
  EXPECT_EQ(typed.text(), "");
  EXPECT_FALSE(typed.Type("\x7f"));
}

TEST(TypedTextTest, ArrowKeysAreNoTextEvenInPieces) {
  TypedText typed;
  typed.Type("a");
  EXPECT_FALSE(typed.Type("\x1b[A\x1bOB\x1b["));
  EXPECT_FALSE(typed.Type("1;5C"));
  EXPECT_TRUE(typed.Type("b"));
  EXPECT_EQ(typed.text(), "ab");
}

TEST(TypedTextTest, EnterAndCtrlDEndTheLine) {
  for (const char* end : {"\r", "\n", "\x04"}) {
    TypedText typed;
    typed.Type("a cat");
    EXPECT_FALSE(typed.done());
    EXPECT_FALSE(typed.Type(std::string(end) + "more"));
    EXPECT_TRUE(typed.done());
    EXPECT_EQ(typed.text(), "a cat");
  }
}

}  // namespace
}  // namespace strobe::client
