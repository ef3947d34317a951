#include "server/requests/text_rules.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Wrong(const std::string& text) {
  std::vector<FieldViolation> violations;
  CheckText("prompt", text, 8, violations);
  std::vector<std::string> descriptions;
  for (const FieldViolation& violation : violations) {
    EXPECT_EQ(violation.field, "prompt");
    descriptions.push_back(violation.description);
  }
  return descriptions;
}

TEST(TextRulesTest, BoundsBytesAndForbidsControls) {
  EXPECT_THAT(Wrong("a\tb\nc"), IsEmpty());
  EXPECT_THAT(Wrong("12345678"), IsEmpty());
  EXPECT_THAT(Wrong("123456789"), ElementsAre("must be at most 8 bytes, got 9"));
  for (const std::string& control :
       {std::string(1, '\0'), std::string("\x1b"), std::string("\x7f")}) {
    EXPECT_THAT(Wrong(control), ElementsAre(HasSubstr("no control characters")));
  }
  EXPECT_THAT(Wrong("\xe2\x80\xae"), IsEmpty());  // bidirectional marks stay
}

TEST(TextRulesTest, BlankIsWhiteSpaceOfAsciiAlone) {
  EXPECT_TRUE(IsBlank(""));
  EXPECT_TRUE(IsBlank(" \t\n"));
  EXPECT_FALSE(IsBlank(" a "));
}

}  // namespace
}  // namespace strobe::server
