#include "client/commands/image_files.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string Content(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

TEST(SlugTest, IsASafeFileNameForAnyPrompt) {
  EXPECT_EQ(Slug("A red circle, on BLUE!"), "a-red-circle-on-blue");
  EXPECT_EQ(Slug("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(Slug(""), "image");
  EXPECT_EQ(Slug("\xe6\x97\xa5\xe6\x9c\xac"), "image");
  EXPECT_EQ(Slug(std::string("a\0b", 3)), "a-b");
  EXPECT_EQ(Slug(std::string(300, 'x')).size(), 48u);
  EXPECT_EQ(Slug(std::string(47, 'x') + " y").back(), 'x');
}

TEST(ExtensionForTest, FollowsTheMimeType) {
  EXPECT_EQ(ExtensionFor("image/png"), "png");
  EXPECT_EQ(ExtensionFor("image/jpeg"), "jpg");
  EXPECT_EQ(ExtensionFor("image/x-raw-rgb8"), "rgb");
  EXPECT_EQ(ExtensionFor("text/html"), "bin");
}

class SaveNewFileTest : public ::testing::Test {
 protected:
  SaveNewFileTest()
      : directory_(std::filesystem::path(::testing::TempDir()) /
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(directory_);
  }
  ~SaveNewFileTest() override { std::filesystem::remove_all(directory_); }

  const std::filesystem::path directory_;
};

TEST_F(SaveNewFileTest, NeverTouchesAnExistingFile) {
  const std::string nested = (directory_ / "a" / "b").string();
  const auto first = SaveNewFile(nested, "cat-7", "png", "one");
  const auto second = SaveNewFile(nested, "cat-7", "png", "two");
  const auto third = SaveNewFile(nested, "cat-7", "png", "three");
  ASSERT_TRUE(first.ok() && second.ok() && third.ok());
  EXPECT_THAT(*first, EndsWith("cat-7.png"));
  EXPECT_THAT(*second, EndsWith("cat-7-2.png"));
  EXPECT_THAT(*third, EndsWith("cat-7-3.png"));
  EXPECT_EQ(Content(*first), "one");
  EXPECT_EQ(Content(*second), "two");
  EXPECT_EQ(Content(*third), "three");
}

TEST_F(SaveNewFileTest, SaysWhyItCannotWrite) {
  const auto file = SaveNewFile(directory_.string(), "plain", "txt", "x");
  ASSERT_TRUE(file.ok());
  const auto below = SaveNewFile(*file, "cat", "png", "x");
  EXPECT_FALSE(below.ok());
  EXPECT_THAT(std::string(below.status().message()), HasSubstr("plain.txt"));
}

}  // namespace
}  // namespace strobe::client
