#include "model/spec/stage.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/spec/stage_plan.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;

std::vector<Stage> WayOf(StagePlan plan) {
  std::vector<Stage> way;
  for (; !plan.done(); plan.Advance()) way.push_back(plan.next());
  return way;
}

TEST(StageTest, EveryStageHasANameOfItsOwnThatIsNoLabelOfImaging) {
  std::set<absl::string_view> names = {"encode_image"};
  for (const Stage stage : kAllStages) EXPECT_TRUE(names.insert(StageName(stage)).second);
  EXPECT_EQ(static_cast<int>(names.size()), kStageCount + 1);
  EXPECT_EQ(names.count(""), 0u);
}

TEST(StageTest, AStageWithoutAnEngineIsNamedInTheTableAlone) {
  std::vector<std::string> files;
  for (const char* const folder : {"base", "client", "model", "server", "workload"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             std::filesystem::path(STROBE_SOURCE_DIR) / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cc") continue;
      std::ifstream file(entry.path());
      const std::string text(std::istreambuf_iterator<char>(file), {});
      if (text.find("kEncodeImage") != std::string::npos) {
        files.push_back(
            std::filesystem::relative(entry.path(), STROBE_SOURCE_DIR).generic_string());
      }
    }
  }
  EXPECT_THAT(files, ElementsAre("model/spec/stage.h"));
}

TEST(StageSetTest, GoesByTheOrderOfTheStages) {
  StageSet stages = {Stage::kDecode, Stage::kEncodePrompt};
  EXPECT_EQ(stages.first(), Stage::kEncodePrompt);
  EXPECT_TRUE(stages.contains(Stage::kDecode));
  EXPECT_FALSE(stages.contains(Stage::kDenoise));
  stages.RemoveFirst();
  EXPECT_EQ(stages, StageSet({Stage::kDecode}));
  stages.Remove({Stage::kDecode, Stage::kDenoise});
  EXPECT_TRUE(stages.empty());
}

TEST(StagePlanTest, RunsEachStageOnceAndTheStepsInBetween) {
  EXPECT_THAT(WayOf(StagePlan(kTextToImage, 2)),
              ElementsAre(Stage::kEncodePrompt, Stage::kDenoise, Stage::kDenoise, Stage::kDecode));
  EXPECT_THAT(
      WayOf(StagePlan(kImageToImage, 1)),
      ElementsAre(Stage::kEncodePrompt, Stage::kEncodeImage, Stage::kDenoise, Stage::kDecode));
  EXPECT_TRUE(StagePlan().done());
}

TEST(StagePlanTest, WithoutStepsTheStagesThatRepeatAreLeftOut) {
  StagePlan plan(kTextToImage, 3);
  EXPECT_THAT(WayOf(plan.WithSteps(0)), ElementsAre(Stage::kEncodePrompt, Stage::kDecode));
  plan.Advance();
  plan.Advance();
  EXPECT_EQ(plan.next(), Stage::kDenoise);
  EXPECT_EQ(plan.steps_left(), 2);
  EXPECT_THAT(WayOf(plan.WithSteps(0)), ElementsAre(Stage::kDecode));
}

TEST(StagePlanTest, CountsAndSumsWhatIsLeft) {
  PerStage<int> cost;
  cost[Stage::kEncodePrompt] = 1000;
  cost[Stage::kEncodeImage] = 500;
  cost[Stage::kDenoise] = 10;
  cost[Stage::kDecode] = 1;
  cost[Stage::kPreview] = 9999;
  StagePlan plan(kImageToImage, 3);
  EXPECT_EQ(plan.Total(cost), 1531);
  plan.Advance();
  plan.Advance();
  plan.Advance();
  EXPECT_EQ(plan.times(Stage::kEncodeImage), 0);
  EXPECT_EQ(plan.times(Stage::kDenoise), 2);
  EXPECT_EQ(plan.times(Stage::kDecode), 1);
  EXPECT_EQ(plan.Total(cost), 21);
  EXPECT_EQ(StagePlan().Total(cost), 0);
}

}  // namespace
}  // namespace strobe::model
