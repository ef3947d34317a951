// What the commands of strobe-model that write a folder do with what is there already.

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "model/image_io/image_codec.h"
#include "tests/model/tools/strobe_model_program.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

const std::string kSource = STROBE_SOURCE_DIR;

class OutputFoldersTest : public ::testing::Test {
 protected:
  OutputFoldersTest()
      : root_(fs::canonical(::testing::TempDir()) /
              (std::string("output_folders_") +
               ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(root_);
    fs::create_directories(root_ / "home/notes");
    std::ofstream(root_ / "home/notes/n.txt") << "mine";
    fs::copy(kSource + "/tests/goldens/sd15-like", root_ / "teacher", fs::copy_options::recursive);
    fs::create_directory_symlink("teacher", root_ / "link");
    WriteData();
  }
  ~OutputFoldersTest() override { fs::remove_all(root_); }

  void WriteData() {
    fs::create_directories(root_ / "data");
    RgbImage image{32, 32, std::vector<uint8_t>(32 * 32 * 3, 77)};
    std::ofstream(root_ / "data/0.png", std::ios::binary)
        << *EncodeImage(image, ImageFormat::kPng, 0);
    std::ofstream(root_ / "data/metadata.jsonl") << R"({"file_name": "0.png", "text": "grey"})";
    std::ofstream(root_ / "overrides.json") << R"({"student": {"steps": 1, "batch_size": 1}})";
  }

  std::string Path(const std::string& name) const { return (root_ / name).string(); }

  // The command with everything but --output.
  std::string Distill() const {
    return absl::StrCat("distill --recipe smoke --no-discriminator --image-size 32 --teacher ",
                        Path("teacher"), " --data ", Path("data"), " --overrides ",
                        Path("overrides.json"), " --output ");
  }
  static std::string Critic() { return "train-critic --recipe smoke --output "; }

  std::map<std::string, std::string> Everything() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      files[entry.path().string()] =
          entry.is_regular_file() ? *ReadFile(entry.path().string()) : "";
    }
    return files;
  }

  void ExpectRefused(const std::string& arguments, const std::vector<std::string>& parts) {
    const auto before = Everything();
    const ProgramRun run = StrobeModel(arguments);
    EXPECT_EQ(run.exit_code, 1) << arguments << "\n" << run.output;
    for (const std::string& part : parts) EXPECT_THAT(run.output, HasSubstr(part)) << arguments;
    EXPECT_EQ(Everything(), before) << arguments;
  }

  fs::path root_;
};

TEST_F(OutputFoldersTest, NoCommandTouchesAFolderOfOthers) {
  const std::vector<std::string> told = {Path("home"), "not empty", "name a folder"};
  const std::string home = Path("home");
  ExpectRefused(Distill() + home, told);
  ExpectRefused(Distill() + home + " --overwrite", told);
  ExpectRefused("train --recipe smoke --output " + home + " --overwrite", told);
  ExpectRefused(Critic() + home + " --overwrite", told);
  ExpectRefused(absl::StrCat("evaluate --runs ", Path("data"), " --output ", home), told);
  ExpectRefused(Distill() + Path("new") + " --work " + home, {"--work: ", "name a folder"});
}

TEST_F(OutputFoldersTest, TheFoldersThatARunReadsAreNeverItsOutput) {
  for (const char* name : {"teacher", "teacher/", "link", "teacher/unet/..", "link/student"}) {
    ExpectRefused(Distill() + Path(name) + " --overwrite", {"the folder of the teacher"});
  }
  ExpectRefused(Distill() + Path("data/model"), {"lies in the data's folder"});
  ExpectRefused(Distill() + root_.string(), {"holds the folder of the teacher"});
  ExpectRefused(Distill() + Path("new") + " --work " + Path("new/work"), {"holds the work folder"});
  ExpectRefused(Distill() + Path("new") + " --work " + Path("teacher"), {"--work: ", "is the"});
  ExpectRefused(absl::StrCat("train --recipe smoke --start-from ", Path("teacher"), " --output ",
                             Path("teacher"), " --overwrite"),
                {"is the folder of --start-from"});
  ExpectRefused(absl::StrCat("evaluate --runs ", root_.string(), " --output ", Path("teacher/x")),
                {"lies in the folder of the model 'teacher'"});
}

TEST_F(OutputFoldersTest, WhatTheTeachersManifestNamesIsNotOverwrittenEither) {
  ASSERT_TRUE(StrobeModel(Distill() + Path("base")).exit_code == 0);
  fs::create_directories(root_ / "variant");
  std::ofstream(root_ / "variant/strobe.json") << R"({"base": "../base"})";
  fs::copy(root_ / "base/model_index.json", root_ / "variant/model_index.json");
  ExpectRefused(absl::StrCat("distill --recipe smoke --teacher ", Path("variant"), " --output ",
                             Path("base"), " --overwrite"),
                {"what the manifest of the teacher names"});
}

TEST_F(OutputFoldersTest, AModelOfOursIsReplacedOnlyWithOverwriteAndWithoutFilesOfOthers) {
  const std::string output = Path("student/");
  ProgramRun run = StrobeModel(Distill() + output);
  ASSERT_EQ(run.exit_code, 0) << run.output;
  ExpectRefused(Distill() + output, {"add --overwrite"});
  ExpectRefused(Critic() + output + " --overwrite", {"is a model that strobe wrote, no critic"});
  std::ofstream(root_ / "student/notes.txt") << "mine";
  ExpectRefused(Distill() + output + " --overwrite", {"notes.txt", "move that elsewhere"});
  fs::remove(root_ / "student/notes.txt");
  const fs::file_time_type before = fs::last_write_time(root_ / "student/model_index.json");
  run = StrobeModel(Distill() + output + " --overwrite");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_GT(fs::last_write_time(root_ / "student/model_index.json"), before);
  EXPECT_FALSE(fs::exists(root_ / "student.partial"));
  EXPECT_FALSE(fs::exists(root_ / "student.replaced"));
}

TEST_F(OutputFoldersTest, ACriticIsReplacedAsAModelIs) {
  const std::string output = Path("critic");
  ASSERT_EQ(StrobeModel(Critic() + output).exit_code, 0);
  ExpectRefused(Critic() + output, {"add --overwrite"});
  EXPECT_EQ(StrobeModel(Critic() + output + " --overwrite").exit_code, 0);
}

TEST_F(OutputFoldersTest, HelpSaysWhatMayBeReplaced) {
  for (const char* command : {"train", "distill", "train-critic"}) {
    EXPECT_THAT(StrobeModel(absl::StrCat(command, " --help")).output,
                AllOf(HasSubstr("--overwrite"), HasSubstr("ever removed")));
  }
}

}  // namespace
}  // namespace strobe::model
