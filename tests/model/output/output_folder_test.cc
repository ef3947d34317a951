#include "model/output/output_folder.h"

#include <filesystem>
#include <map>

#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "model/output/output_marker.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kCard[] =
    "A text-to-image model in the diffusers layout, made by `strobe-model` from drawn scenes "
    "alone:\n";

class OutputFolderTest : public ::testing::Test {
 protected:
  OutputFolderTest()
      : root_(fs::canonical(::testing::TempDir()) /
              (std::string("output_folder_") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }
  ~OutputFolderTest() override { fs::remove_all(root_); }

  void Put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(MakeFolder((root_ / name).parent_path().string()).ok());
    ASSERT_TRUE(WriteFile((root_ / name).string(), text).ok());
  }

  OutputRequest Request(const std::string& name, bool overwrite = false) const {
    OutputRequest request;
    request.path = (root_ / name).string();
    request.overwrite = overwrite;
    return request;
  }

  std::string ErrorOf(const OutputRequest& request) const {
    return std::string(OutputFolder::Plan(request).status().message());
  }

  // A whole model whose weights are `weights`.
  static absl::Status Fill(const std::string& folder, const std::string& weights) {
    absl::Status status = MakeFolder(folder + "/unet");
    status.Update(WriteFile(folder + "/unet/config.json", "{}"));
    status.Update(WriteFile(folder + "/unet/diffusion_pytorch_model.safetensors", weights));
    status.Update(WriteFile(folder + "/strobe.json", "{}"));
    return status;
  }
  absl::Status Write(const std::string& name, const std::string& weights, bool overwrite = false) {
    const auto folder = OutputFolder::Plan(Request(name, overwrite));
    if (!folder.ok()) return folder.status();
    return folder->Write([&](const std::string& path) { return Fill(path, weights); });
  }

  // Every file with its content, every other entry with nothing.
  std::map<std::string, std::string> Everything() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      files[entry.path().lexically_relative(root_).string()] =
          entry.is_regular_file() ? *ReadFile(entry.path().string()) : "";
    }
    return files;
  }
  std::string WeightsOf(const std::string& name) const {
    return ReadFile((root_ / name / "unet/diffusion_pytorch_model.safetensors").string())
        .value_or("none");
  }
  // Of the root.
  size_t NumEntries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }

  fs::path root_;
};

TEST_F(OutputFolderTest, ANewFolderAndAnEmptyOneAreWritten) {
  fs::create_directories(root_ / "empty");
  for (const char* name : {"new", "empty", "deep/er/new", "slash/"}) {
    ASSERT_TRUE(Write(name, "w").ok()) << name;
    EXPECT_EQ(WeightsOf(name), "w");
  }
  EXPECT_EQ(NumEntries(), 4u);
}

TEST_F(OutputFolderTest, AnExistingModelIsReplacedOnlyWhenAskedTo) {
  ASSERT_TRUE(Write("m", "old").ok());
  EXPECT_THAT(ErrorOf(Request("m")), AllOf(HasSubstr("--output: "), HasSubstr("add --overwrite")));
  EXPECT_EQ(WeightsOf("m"), "old");
  ASSERT_TRUE(Write("m", "new", true).ok());
  EXPECT_EQ(WeightsOf("m"), "new");
  EXPECT_EQ(NumEntries(), 1u);
}

TEST_F(OutputFolderTest, WhatStrobeDidNotWriteIsRefusedAndStays) {
  Put("home/notes/n.txt", "mine");
  Put("home/model_index.json", "{}");
  Put("file", "mine");
  fs::create_directory_symlink("nowhere", root_ / "dangling");
  const auto before = Everything();
  for (const bool overwrite : {false, true}) {
    EXPECT_THAT(
        ErrorOf(Request("home", overwrite)),
        AllOf(HasSubstr("not empty"), HasSubstr("notes/n.txt"), HasSubstr("name a folder")));
    EXPECT_THAT(ErrorOf(Request("file", overwrite)), HasSubstr("is no folder"));
    EXPECT_NE(ErrorOf(Request("dangling", overwrite)), "");
  }
  EXPECT_EQ(Everything(), before);
}

TEST_F(OutputFolderTest, AddedAndChangedFilesInAModelOfOursAreRefusedByName) {
  ASSERT_TRUE(Write("m", "old").ok());
  const auto whole = Everything();
  const auto expect_refused = [&](const std::string& name) {
    const auto before = Everything();
    EXPECT_THAT(ErrorOf(Request("m", true)), HasSubstr(name)) << name;
    EXPECT_EQ(Everything(), before);
  };
  Put("m/notes.txt", "mine");
  expect_refused("notes.txt");
  fs::remove(root_ / "m/notes.txt");
  Put("m/strobe.json", "[]");
  expect_refused("strobe.json");
  Put("m/strobe.json", "{}");
  fs::create_directory(root_ / "m/empty");
  expect_refused("empty");
  fs::remove(root_ / "m/empty");
  fs::create_symlink("/etc", root_ / "m/unet/link");
  expect_refused("unet/link");
  fs::remove(root_ / "m/unet/link");
  EXPECT_EQ(Everything(), whole);
  EXPECT_TRUE(Write("m", "new", true).ok());
}

TEST_F(OutputFolderTest, AModelOfAnEarlierReleaseIsKnownByItsCardAndReplacedWhenAskedTo) {
  Put("m/README.md", kCard);
  Put("m/strobe.json", "{}");
  Put("m/model_index.json", "{}");
  Put("m/tokenizer/vocab.json", "{}");
  EXPECT_THAT(ErrorOf(Request("m")), HasSubstr("add --overwrite"));
  Put("m/samples.png", "mine");
  EXPECT_THAT(ErrorOf(Request("m", true)), HasSubstr("samples.png"));
  fs::remove(root_ / "m/samples.png");
  ASSERT_TRUE(Write("m", "new", true).ok());
  EXPECT_FALSE(fs::exists(root_ / "m/tokenizer"));
  EXPECT_EQ(WeightsOf("m"), "new");
}

TEST_F(OutputFolderTest, AnotherKindIsNotReplaced) {
  ASSERT_TRUE(Write("m", "old").ok());
  OutputRequest critic = Request("m", true);
  critic.kind = OutputKind::kCritic;
  EXPECT_THAT(ErrorOf(critic), HasSubstr("is a model that strobe wrote, no critic"));
}

TEST_F(OutputFolderTest, AFolderThatMustNotBeTouchedIsToldBesideWhateverItHolds) {
  ASSERT_TRUE(Write("teacher", "old").ok());
  for (const char* name : {"teacher", "teacher/student", "."}) {
    OutputRequest request = Request(name, true);
    request.keep_apart = {{"the teacher's folder", (root_ / "teacher").string()}};
    EXPECT_THAT(ErrorOf(request), HasSubstr("the teacher's folder")) << name;
  }
  OutputRequest beside = Request("x");
  beside.keep_apart = {{"the teacher's folder", (root_ / "x.replaced").string()}};
  EXPECT_THAT(ErrorOf(beside), HasSubstr("x.replaced is the teacher's folder"));
}

TEST_F(OutputFolderTest, TheFolderThatTheCommandRunsInIsRefused) {
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  EXPECT_THAT(ErrorOf(Request(".")), HasSubstr("the command runs in"));
  fs::current_path(before);
}

TEST_F(OutputFolderTest, APlaceThatCannotBeWrittenIsRefusedBeforeAnyWork) {
  Put("file", "mine");
  EXPECT_THAT(ErrorOf(Request("file/m")), HasSubstr("cannot be written"));
  OutputRequest read_only;
  read_only.path = "/proc/strobe";
  EXPECT_THAT(ErrorOf(read_only),
              AllOf(HasSubstr("cannot be written"), HasSubstr("name a folder")));
  OutputRequest mounted;
  mounted.path = "/proc";
  EXPECT_THAT(ErrorOf(mounted), HasSubstr("mount point"));
}

TEST_F(OutputFolderTest, AnErrorOfTheWriterLeavesTheOldModelAndNothingElse) {
  ASSERT_TRUE(Write("m", "old").ok());
  const auto before = Everything();
  const auto folder = OutputFolder::Plan(Request("m", true));
  ASSERT_TRUE(folder.ok());
  const absl::Status status = folder->Write([](const std::string& path) {
    absl::Status filled = Fill(path, "new");
    filled.Update(absl::UnavailableError("disk full"));
    return filled;
  });
  EXPECT_EQ(status.message(), "disk full");
  EXPECT_EQ(Everything(), before);
}

TEST_F(OutputFolderTest, AFileOfNoModelIsAnErrorOfTheWriter) {
  const auto folder = OutputFolder::Plan(Request("m"));
  ASSERT_TRUE(folder.ok());
  const absl::Status status =
      folder->Write([](const std::string& path) { return WriteFile(path + "/unknown.txt", "x"); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
}

TEST_F(OutputFolderTest, ACrashWhileTheNewModelIsWrittenLeavesTheOldOneAndTheNextRunGoesOn) {
  ASSERT_TRUE(Write("m", "old").ok());
  const pid_t child = fork();
  if (child == 0) {
    const auto folder = OutputFolder::Plan(Request("m", true));
    const absl::Status status = folder->Write([](const std::string& path) {
      Fill(path, "half").IgnoreError();
      WriteFile(path + "/README.md.tmp.77.0", "half").IgnoreError();
      _exit(7);
      return absl::OkStatus();
    });
    _exit(status.ok() ? 0 : 1);
  }
  int ended = 0;
  waitpid(child, &ended, 0);
  ASSERT_EQ(WEXITSTATUS(ended), 7);
  EXPECT_EQ(WeightsOf("m"), "old");
  EXPECT_TRUE(fs::exists(root_ / "m.partial"));
  ASSERT_TRUE(Write("m", "new", true).ok());
  EXPECT_EQ(WeightsOf("m"), "new");
  EXPECT_EQ(NumEntries(), 1u);
}

TEST_F(OutputFolderTest, ACrashBetweenTwoRenamesBringsTheOldModelBack) {
  ASSERT_TRUE(Write("m", "old").ok());
  fs::rename(root_ / "m", root_ / "m.replaced");
  EXPECT_THAT(ErrorOf(Request("m")), HasSubstr("add --overwrite"));
  EXPECT_EQ(WeightsOf("m"), "old");
  EXPECT_EQ(NumEntries(), 1u);
}

TEST_F(OutputFolderTest, ACrashWhileTheOldModelIsRemovedLeavesTheNewOneAndTheRestGoesNextTime) {
  ASSERT_TRUE(Write("m", "new").ok());
  ASSERT_TRUE(Write("m.replaced", "old").ok());
  fs::remove(root_ / "m.replaced/strobe.json");
  ASSERT_TRUE(Write("m", "newer", true).ok());
  EXPECT_EQ(WeightsOf("m"), "newer");
  EXPECT_EQ(NumEntries(), 1u);
}

TEST_F(OutputFolderTest, AWholeModelThatWaitsForItsPlaceIsNamed) {
  ASSERT_TRUE(Write("m.partial", "new").ok());
  EXPECT_THAT(ErrorOf(Request("m")), AllOf(HasSubstr("m.partial"), HasSubstr("move it")));
  EXPECT_EQ(WeightsOf("m.partial"), "new");
}

TEST_F(OutputFolderTest, FoldersOfOthersWithTheNamesThatStrobeNeedsAreRefused) {
  for (const char* name : {"m.partial", "m.replaced"}) {
    Put(absl::StrCat(name, "/notes.txt"), "mine");
    const auto before = Everything();
    EXPECT_THAT(ErrorOf(Request("m")), AllOf(HasSubstr(name), HasSubstr("in the way")));
    EXPECT_EQ(Everything(), before);
    fs::remove_all(root_ / name);
  }
}

TEST_F(OutputFolderTest, WhatComesIntoTheOldModelDuringTheRunStaysAndTheNewOneIsNamed) {
  ASSERT_TRUE(Write("m", "old").ok());
  const auto folder = OutputFolder::Plan(Request("m", true));
  ASSERT_TRUE(folder.ok());
  const absl::Status status = folder->Write([&](const std::string& path) {
    Put("m/notes.txt", "mine");
    return Fill(path, "new");
  });
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("notes.txt"), HasSubstr("complete, in"), HasSubstr("m.partial")));
  EXPECT_EQ(WeightsOf("m"), "old");
  EXPECT_EQ(WeightsOf("m.partial"), "new");
  EXPECT_TRUE(fs::exists(root_ / "m/notes.txt"));
}

TEST_F(OutputFolderTest, PicturesOfASelfTestBelongToTheModelOnceTheyAreInItsMarker) {
  ASSERT_TRUE(Write("m", "old").ok());
  Put("m/self_test/1.png", "picture");
  EXPECT_THAT(ErrorOf(Request("m", true)), HasSubstr("self_test/1.png"));
  ASSERT_TRUE(AddToMarker((root_ / "m").string(), {"self_test/1.png"}).ok());
  EXPECT_TRUE(Write("m", "new", true).ok());
  EXPECT_FALSE(fs::exists(root_ / "m/self_test"));
  Put("downloaded/1.png", "picture");
  EXPECT_TRUE(AddToMarker((root_ / "downloaded").string(), {"1.png"}).ok());
  EXPECT_FALSE(fs::exists(root_ / "downloaded" / kMarkerName));
}

class GrowingFolderTest : public OutputFolderTest {
 protected:
  std::string ErrorOfWork(const std::string& name) {
    OutputRequest request = Request(name);
    request.kind = OutputKind::kWork;
    request.flag = "--work";
    return std::string(OpenGrowingFolder(request).message());
  }
};

TEST_F(GrowingFolderTest, ANewOneAnEmptyOneAndOneOfItsKindAreGoneOnWith) {
  fs::create_directories(root_ / "empty");
  for (const char* name : {"new", "empty", "deep/er", "new", "empty/"}) {
    EXPECT_EQ(ErrorOfWork(name), "") << name;
    Put(absl::StrCat(name, "/metrics.jsonl"), "{}");
  }
}

TEST_F(GrowingFolderTest, OneOfAnEarlierReleaseIsKnownByItsCheckpoint) {
  Put("old/student.safetensors", R"(........{"__metadata__":{"steps_done":"3"}})");
  EXPECT_EQ(ErrorOfWork("old"), "");
  Put("weights/model.safetensors", R"(........{"__metadata__":{"format":"pt"}})");
  EXPECT_THAT(ErrorOfWork("weights"), HasSubstr("is not empty and no work folder"));
}

TEST_F(GrowingFolderTest, FoldersOfOthersAndOfOtherKindsAreRefusedAndStay) {
  Put("home/curves.svg", "mine");
  ASSERT_TRUE(Write("m", "old").ok());
  const auto before = Everything();
  EXPECT_THAT(ErrorOfWork("home"), AllOf(HasSubstr("--work: "), HasSubstr("name a folder")));
  EXPECT_THAT(ErrorOfWork("m"), HasSubstr("is a model that strobe wrote, no work folder"));
  EXPECT_THAT(ErrorOfWork("home/curves.svg"), HasSubstr("is no folder"));
  EXPECT_THAT(ErrorOfWork("home/curves.svg/x"), HasSubstr("cannot be written"));
  EXPECT_EQ(Everything(), before);
}

}  // namespace
}  // namespace strobe::model
