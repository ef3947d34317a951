#include "model/training/data/training_recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

TEST(TrainingRecipeTest, OverridesReplaceSingleNumbers) {
  const auto recipe = MakeTrainingRecipe("one-shape", {{"teacher", {{"steps", 7}}}, {"seed", 3}});
  ASSERT_TRUE(recipe.ok()) << recipe.status();
  EXPECT_EQ(recipe->teacher.steps, 7);
  EXPECT_EQ(recipe->teacher.batch_size, 64);
  EXPECT_EQ(recipe->seed, 3u);
}

TEST(TrainingRecipeTest, AKeyThatDoesNotExistIsNamed) {
  const auto recipe = MakeTrainingRecipe("one-shape", {{"teacher", {{"stepps", 7}}}});
  EXPECT_EQ(recipe.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(recipe.status().message()), HasSubstr("teacher.stepps"));
}

TEST(TrainingRecipeTest, AValueOfTheWrongTypeIsAnError) {
  const auto recipe = MakeTrainingRecipe("smoke", {{"seed", "seven"}});
  EXPECT_EQ(recipe.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(TrainingRecipeTest, BatchesInPartsMustBeEqualAndNotTheCritics) {
  EXPECT_THAT(std::string(MakeDistillationRecipe("smoke", {{"student", {{"micro_batches", 3}}}})
                              .status()
                              .message()),
              HasSubstr("3 equal parts"));
  EXPECT_THAT(
      std::string(
          MakeTrainingRecipe("smoke", {{"critic", {{"micro_batches", 2}}}}).status().message()),
      HasSubstr("critic"));
}

TEST(TrainingRecipeTest, AnUnknownRecipeNamesTheChoices) {
  const auto recipe = MakeDistillationRecipe("huge", {});
  EXPECT_THAT(std::string(recipe.status().message()), HasSubstr("one-shape"));
}

}  // namespace
}  // namespace strobe::model
