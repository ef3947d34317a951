#include "base/status_macros.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe {
namespace {

absl::StatusOr<std::unique_ptr<int>> Positive(int value) {
  if (value <= 0) return absl::InvalidArgumentError("not positive");
  return std::make_unique<int>(value);
}

absl::StatusOr<int> Sum(int first, int second) {
  STROBE_ASSIGN_OR_RETURN(const std::unique_ptr<int> a, Positive(first));
  std::unique_ptr<int> b;
  STROBE_ASSIGN_OR_RETURN(b, Positive(second));
  return *a + *b;
}

absl::Status Check(int value, bool& reached) {
  STROBE_RETURN_IF_ERROR(Positive(value).status());
  reached = true;
  return absl::OkStatus();
}

TEST(StatusMacrosTest, ValuesAreMovedOutAndTheFirstErrorReturns) {
  EXPECT_EQ(Sum(1, 2).value(), 3);
  EXPECT_EQ(Sum(1, 0).status(), absl::InvalidArgumentError("not positive"));
  EXPECT_EQ(Sum(0, 1).status(), absl::InvalidArgumentError("not positive"));
}

TEST(StatusMacrosTest, AnErrorLeavesTheFunctionBeforeWhatFollows) {
  bool reached = false;
  EXPECT_FALSE(Check(0, reached).ok());
  EXPECT_FALSE(reached);
  EXPECT_TRUE(Check(1, reached).ok());
  EXPECT_TRUE(reached);
}

}  // namespace
}  // namespace strobe
