#include "model/output/folder_overlap.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class FolderOverlapTest : public ::testing::Test {
 protected:
  FolderOverlapTest() : root_(fs::canonical(::testing::TempDir()) / "folder_overlap_test") {
    fs::remove_all(root_);
    fs::create_directories(root_ / "teacher/unet");
    fs::create_directory_symlink(root_ / "teacher", root_ / "link");
    fs::create_directory_symlink("teacher/unet", root_ / "inner");
  }
  ~FolderOverlapTest() override { fs::remove_all(root_); }

  std::string ErrorOf(const std::string& folder, const std::string& teacher = "teacher") {
    return std::string(CheckApart({"--output", (root_ / folder).string()},
                                  {{{"nothing", ""}, {"the teacher", (root_ / teacher).string()}}})
                           .message());
  }

  fs::path root_;
};

TEST_F(FolderOverlapTest, PathsAreResolvedWhetherTheyExistOrNot) {
  EXPECT_EQ(ResolvedPath((root_ / "new/./a/../b/").string()), (root_ / "new/b").string());
  EXPECT_EQ(ResolvedPath((root_ / "link/").string()), (root_ / "teacher").string());
  EXPECT_EQ(ResolvedPath((root_ / "link/new").string()), (root_ / "teacher/new").string());
  EXPECT_EQ(ResolvedPath("."), fs::current_path().string());
  EXPECT_EQ(ResolvedPath("new"), (fs::current_path() / "new").string());
  EXPECT_EQ(ResolvedPath("/"), "/");
}

TEST_F(FolderOverlapTest, OneThatIsAnotherIsRefusedUnderEveryName) {
  for (const char* name : {"teacher", "teacher/", "./teacher", "link", "link/", "teacher/unet/..",
                           "new/../teacher", "inner/.."}) {
    EXPECT_THAT(ErrorOf(name), AllOf(HasSubstr("--output: "), HasSubstr("is the teacher"))) << name;
  }
  EXPECT_THAT(ErrorOf("teacher", "link"), HasSubstr("is the teacher"));
}

TEST_F(FolderOverlapTest, OneInsideAnotherIsRefused) {
  for (const char* name : {"teacher/unet", "teacher/new/deep", "link/new", "inner", "inner/x"}) {
    EXPECT_THAT(ErrorOf(name), HasSubstr("lies in the teacher")) << name;
  }
}

TEST_F(FolderOverlapTest, OneThatHoldsAnotherIsRefused) {
  EXPECT_THAT(ErrorOf("."), HasSubstr("holds the teacher"));
  EXPECT_THAT(ErrorOf("link", "inner"), HasSubstr("holds the teacher"));
  EXPECT_THAT(ErrorOf("new", "new/not/there"), HasSubstr("holds the teacher"));
}

TEST_F(FolderOverlapTest, NeighboursAreApart) {
  for (const char* name : {"student", "teacher2", "teacher.work", "new/teacher"}) {
    EXPECT_EQ(ErrorOf(name), "") << name;
  }
}

}  // namespace
}  // namespace strobe::model
