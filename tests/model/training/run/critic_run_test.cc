// Critics of labelled folders.

#include "model/training/run/critic_run.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/evaluation/picture_critic.h"
#include "model/evaluation/picture_tensors.h"
#include "tests/model/labelled_folder.h"
#include "tests/model/training/whole_runs.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CriticRunTest : public ::testing::Test {
 protected:
  CriticRunTest()
      : root_(FreshFolder(std::string("critic_run_") +
                          ::testing::UnitTest::GetInstance()->current_test_info()->name())) {}

  absl::Status Train(nlohmann::json overrides) {
    overrides["data"]["folder"] = (root_ / "data").string();
    const auto recipe = MakeTrainingRecipe("smoke", overrides);
    if (!recipe.ok()) return recipe.status();
    RunOptions options = RunIn(root_, "critic");
    options.trainer.progress = [this](absl::string_view line) { lines_.emplace_back(line); };
    return RunCriticTraining(*recipe, options);
  }

  fs::path root_;
  std::vector<std::string> lines_;
};

TEST_F(CriticRunTest, ItsDetectorsTellWhatThePicturesShowAndItsFolderHowOften) {
  WriteLabelledFolder(root_ / "data", 90);
  WriteLabelledFolder(root_ / "test", 30);
  const absl::Status status =
      Train({{"test_folder", (root_ / "test").string()},
             {"critic_network", {{"widths", {16, 32}}, {"blocks", 1}}},
             {"critic", {{"steps", 60}, {"batch_size", 24}, {"learning_rate", 3e-3}}}});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(lines_, Contains(AllOf(HasSubstr("on 30 new pictures"), HasSubstr("color"),
                                     HasSubstr("square"), HasSubstr(" %"))));
  const auto json = nlohmann::json::parse(std::ifstream(root_ / "critic/critic.json"));
  EXPECT_EQ(json.at("picture_size"), 32);
  EXPECT_EQ(json.at("heads")[1].at("name"), "square");
  EXPECT_EQ(json.at("heads")[1].at("pictures"), 20);  // blue ones have none
  EXPECT_GE(json.at("heads")[1].at("right"), 18);     // what rounding and the processor leave open

  const auto critic = PictureCritic::Load((root_ / "critic").string());
  ASSERT_TRUE(critic.ok()) << critic.status();
  EXPECT_THAT((*critic)->heads()[0].classes, ElementsAre("", "blue", "green", "red"));
  std::vector<RgbImage> pictures;
  for (int i = 0; i < 12; ++i) pictures.push_back(LabelledPicture(100 + i));
  const at::Tensor found = (*critic)->Detect((*critic)->Features(StackPictures(pictures)));
  int right = 0;
  for (int i = 0; i < 12; ++i) {
    const int64_t color = 3 - (100 + i) % 3;
    const int64_t square = color == 1 ? kNotSaid : 2 - (100 + i) / 3 % 2;
    right += found[i][0].item<int64_t>() == color && found[i][1].item<int64_t>() == square ? 1 : 0;
  }
  EXPECT_GE(right, 11);
}

TEST_F(CriticRunTest, AFolderWithoutAttributesIsRefusedWithAWordOnWhatToDo) {
  WriteLabelledFolder(root_ / "data", 4, /*with_attributes=*/false);
  const absl::Status status = Train({});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr((root_ / "data").string()), HasSubstr("no \"attributes\""),
                    HasSubstr("docs/training/data.md")));
}

TEST_F(CriticRunTest, ATestFolderWithAValueThatTheDataHasNotIsNamed) {
  WriteLabelledFolder(root_ / "data", 4);
  WriteLabelledFolder(root_ / "test", 1);
  std::ofstream(root_ / "test/metadata.jsonl")
      << R"({"file_name": "0.png", "text": "a", "attributes": {"color": "mauve", "square": null}})";
  const absl::Status status = Train({{"test_folder", (root_ / "test").string()}});
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr((root_ / "test").string()), HasSubstr("'mauve' of 'color'")));
}

TEST_F(CriticRunTest, PicturesThatAreTooSmallAreRefused) {
  WriteLabelledFolder(root_ / "data", 4);
  EXPECT_THAT(std::string(Train({{"data", {{"image_size", 16}}}}).message()),
              HasSubstr("pictures of 16 pixels are too small"));
}

}  // namespace
}  // namespace strobe::model
