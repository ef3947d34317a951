#include "server/security/bearer_tokens.h"

#include <unistd.h>

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kToken[] = "0123456789abcdef";
constexpr char kOther[] = "fedcba9876543210";

TEST(ParseTokenFileTest, ReadsSubjectsAndSkipsCommentsAndEmptyLines) {
  const auto entries = ParseTokenFile(
      absl::StrCat("# who may\n\n web ", kToken, "\r\n\tbatch\t", kOther, "\nweb ", kToken, "x\n"));
  ASSERT_TRUE(entries.ok()) << entries.status();
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[0].subject, "web");
  EXPECT_EQ((*entries)[1].subject, "batch");
  EXPECT_EQ((*entries)[2].subject, "web");
}

TEST(ParseTokenFileTest, RefusesWithTheLineAndNeverTheToken) {
  for (const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
           {"web", "line 1"},
           {"ok 0123456789abcdeg\nweb short", "line 2"},
           {"web 0123456789abcdef extra", "line 1"},
           {"web 0123456789\x01"
            "abcdef",
            "line 1"},
           {"a\xc3\xa4 0123456789abcdef", "line 1"},
           {std::string(129, 'x') + " 0123456789abcdef", "line 1"},
           {"a 0123456789abcdef\nb 0123456789abcdef", "twice"},
           {"# nobody\n", "no token"},
           {"", "no token"}}) {
    const auto entries = ParseTokenFile(text);
    EXPECT_EQ(entries.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(entries.status().message()),
                testing::AllOf(HasSubstr(what), Not(HasSubstr("0123456789"))));
  }
}

class BearerTokensTest : public testing::Test {
 protected:
  BearerTokensTest() { Write(absl::StrCat("web ", kToken, "\n")); }
  ~BearerTokensTest() override { unlink(path_.c_str()); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }
  void Load() {
    auto loaded = BearerTokens::Load(path_, metrics_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    tokens_ = *std::move(loaded);
  }

  const std::string path_ = absl::StrCat(testing::TempDir(), "/strobe-tokens-", getpid());
  prometheus::Registry registry_;
  SecurityMetrics metrics_{registry_};
  std::unique_ptr<BearerTokens> tokens_;
};

TEST_F(BearerTokensTest, KnowsItsTokensAndNoOthers) {
  Load();
  EXPECT_EQ(tokens_->SubjectOf(absl::StrCat("Bearer ", kToken)), "web");
  EXPECT_EQ(tokens_->SubjectOf(absl::StrCat("bearer  ", kToken, " ")), "web");
  for (const std::string& wrong :
       {std::string(), std::string("Bearer "), std::string(kToken), absl::StrCat("Basic ", kToken),
        absl::StrCat("Bearer ", kOther), absl::StrCat("Bearer ", kToken, "x"),
        absl::StrCat("Bearer ", std::string(kToken).substr(1))}) {
    EXPECT_EQ(tokens_->SubjectOf(wrong), std::nullopt) << wrong;
  }
}

TEST_F(BearerTokensTest, AChangedFileIsTakenUpAndABadOneIsNot) {
  Load();
  Write(absl::StrCat("batch ", kOther, "\n"));
  tokens_->Reload();
  EXPECT_EQ(tokens_->SubjectOf(absl::StrCat("Bearer ", kToken)), std::nullopt);
  EXPECT_EQ(tokens_->SubjectOf(absl::StrCat("Bearer ", kOther)), "batch");
  for (int round = 0; round < 2; ++round) {
    Write("broken\n");
    tokens_->Reload();
    EXPECT_EQ(tokens_->SubjectOf(absl::StrCat("Bearer ", kOther)), "batch");
    EXPECT_EQ(metrics_.token_reload_failures.Value(), 1);
  }
  unlink(path_.c_str());
  tokens_->Reload();
  EXPECT_EQ(tokens_->SubjectOf(absl::StrCat("Bearer ", kOther)), "batch");
  EXPECT_EQ(metrics_.token_reload_failures.Value(), 2);
}

TEST_F(BearerTokensTest, RefusesToStartWithoutATokenAndNamesTheFile) {
  Write("");
  EXPECT_THAT(std::string(BearerTokens::Load(path_, metrics_).status().message()),
              HasSubstr(path_));
  EXPECT_THAT(std::string(BearerTokens::Load("/no/such", metrics_).status().message()),
              HasSubstr("/no/such"));
}

}  // namespace
}  // namespace strobe::server
