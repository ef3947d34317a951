#include "base/file_io.h"

#include <filesystem>
#include <fstream>

#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class FileIoTest : public ::testing::Test {
 protected:
  FileIoTest()
      : root_(fs::path(::testing::TempDir()) /
              (std::string("file_io_") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~FileIoTest() override { fs::remove_all(root_); }

  std::string Path(const std::string& name) const { return (root_ / name).string(); }
  size_t NumEntries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }

  fs::path root_;
};

TEST_F(FileIoTest, WhatIsWrittenIsRead) {
  const std::string bytes = std::string("a\0b\n", 4) + std::string(200000, 'x');
  ASSERT_TRUE(WriteFile(Path("a"), bytes).ok());
  EXPECT_EQ(*ReadFile(Path("a")), bytes);
  ASSERT_TRUE(WriteFile(Path("a"), "").ok());
  EXPECT_EQ(*ReadFile(Path("a")), "");
  EXPECT_EQ(NumEntries(), 1u);
}

TEST_F(FileIoTest, ErrorsNameThePathAndTheReason) {
  const absl::Status missing = ReadFile(Path("none")).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.message()), StartsWith(Path("none") + ": No such file"));
  EXPECT_THAT(std::string(ReadFile(root_.string()).status().message()),
              StartsWith(root_.string() + ": Is a directory"));
  EXPECT_THAT(std::string(WriteFile(Path("no/such/a"), "x").message()),
              StartsWith(Path("no/such/a") + ": No such file"));
  EXPECT_THAT(std::string(WriteFile(root_.string(), "x").message()), HasSubstr("Is a directory"));
  EXPECT_FALSE(AppendToFile(Path("no/such/a"), "x").ok());
}

TEST_F(FileIoTest, AFileAboveTheLimitIsRefused) {
  ASSERT_TRUE(WriteFile(Path("a"), "12345").ok());
  EXPECT_TRUE(ReadFile(Path("a"), 5).ok());
  EXPECT_EQ(ReadFile(Path("a"), 4).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileIoTest, AppendingKeepsWhatIsThere) {
  ASSERT_TRUE(AppendToFile(Path("a"), "one\n").ok());
  ASSERT_TRUE(AppendToFile(Path("a"), "two\n").ok());
  EXPECT_EQ(*ReadFile(Path("a")), "one\ntwo\n");
}

TEST_F(FileIoTest, AReplacementThatIsNotCommittedLeavesTheOldFile) {
  ASSERT_TRUE(WriteFile(Path("a"), "old").ok());
  {
    auto file = FileReplacement::Begin(Path("a"));
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(file->Append("new").ok());
    EXPECT_EQ(*ReadFile(Path("a")), "old");
  }
  EXPECT_EQ(*ReadFile(Path("a")), "old");
  EXPECT_EQ(NumEntries(), 1u);
}

TEST_F(FileIoTest, AFileOfAnotherIsNeverTakenForATemporaryOne) {
  const std::string others = Path("a.tmp." + std::to_string(getpid()) + ".0");
  std::ofstream(others) << "theirs";
  ASSERT_TRUE(WriteFile(Path("a"), "ours").ok());
  EXPECT_EQ(*ReadFile(others), "theirs");
  EXPECT_EQ(*ReadFile(Path("a")), "ours");
}

TEST_F(FileIoTest, ALinkStaysALinkAndAModeStays) {
  ASSERT_TRUE(WriteFile(Path("target"), "old").ok());
  ASSERT_EQ(chmod(Path("target").c_str(), 0640), 0);
  fs::create_symlink("target", Path("link"));
  ASSERT_TRUE(WriteFile(Path("link"), "new").ok());
  EXPECT_TRUE(fs::is_symlink(Path("link")));
  EXPECT_EQ(*ReadFile(Path("target")), "new");
  EXPECT_EQ(fs::status(Path("target")).permissions(), fs::perms(0640));
}

TEST_F(FileIoTest, WhatIsNoRegularFileIsWrittenTo) {
  EXPECT_TRUE(WriteFile("/dev/null", "x").ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(FileIoTest, FoldersAreMadeWithThoseAboveThem) {
  EXPECT_TRUE(MakeFolder(Path("a/b/c")).ok());
  EXPECT_TRUE(MakeFolder(Path("a/b/c")).ok());
  EXPECT_TRUE(SyncFolder(Path("a/b")).ok());
  ASSERT_TRUE(WriteFile(Path("file"), "x").ok());
  EXPECT_THAT(std::string(MakeFolder(Path("file/a")).message()), HasSubstr("Not a directory"));
}

}  // namespace
}  // namespace strobe
