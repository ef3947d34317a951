#include "client/terminal_probe.h"

#include "gtest/gtest.h"

namespace strobe::client {
namespace {

PreviewStyle Choose(TerminalFacts facts, bool sixel = false) {
  return ChoosePreviewStyle(facts, [sixel] { return sixel; });
}

TEST(ChoosePreviewStyleTest, FollowsWhatTheTerminalCanDo) {
  const TerminalFacts xterm{.is_terminal = true, .term = "xterm-256color"};
  EXPECT_EQ(Choose(xterm), PreviewStyle::kHalfBlocks);
  EXPECT_EQ(Choose(xterm, /*sixel=*/true), PreviewStyle::kSixel);
  EXPECT_EQ(Choose({.is_terminal = true, .term = "xterm-kitty"}), PreviewStyle::kKitty);
  EXPECT_EQ(Choose({.is_terminal = true, .term = "xterm", .kitty_window_id = "1"}),
            PreviewStyle::kKitty);
  EXPECT_EQ(
      Choose({.is_terminal = true, .term = "tmux", .kitty_window_id = "1", .tmux = "x"}, true),
      PreviewStyle::kHalfBlocks);
}

TEST(ChoosePreviewStyleTest, ShowsNothingWhereEscapesWouldBeGarbage) {
  EXPECT_EQ(Choose({.is_terminal = false, .term = "xterm-kitty"}), PreviewStyle::kNone);
  EXPECT_EQ(Choose({.is_terminal = true, .term = "dumb"}), PreviewStyle::kNone);
  EXPECT_EQ(Choose({.is_terminal = true, .term = ""}), PreviewStyle::kNone);
  EXPECT_EQ(Choose({.is_terminal = true, .term = "xterm", .no_color = "1"}), PreviewStyle::kNone);
}

TEST(ChoosePreviewStyleTest, AsksTheTerminalOnlyWhenTheAnswerMatters) {
  const auto fail = [] {
    ADD_FAILURE() << "asked";
    return true;
  };
  ChoosePreviewStyle({.is_terminal = false, .term = "xterm"}, fail);
  ChoosePreviewStyle({.is_terminal = true, .term = "xterm-kitty"}, fail);
}

TEST(ReplyAnnouncesSixelTest, ReadsTheListOfAttributes) {
  EXPECT_TRUE(ReplyAnnouncesSixel("\x1b[?62;4;22c"));
  EXPECT_TRUE(ReplyAnnouncesSixel("\x1b[?62;22;4c"));
  EXPECT_FALSE(ReplyAnnouncesSixel("\x1b[?62;22c"));
  EXPECT_FALSE(ReplyAnnouncesSixel("\x1b[?64;14;44c"));
  EXPECT_FALSE(ReplyAnnouncesSixel("\x1b[?62;4"));
  EXPECT_FALSE(ReplyAnnouncesSixel(""));
  EXPECT_FALSE(ReplyAnnouncesSixel("4c"));
}

}  // namespace
}  // namespace strobe::client
