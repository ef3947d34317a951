#include "model/training/data/training_recipe.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/training/data/recipe_json.h"

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

TEST(TrainingRecipeTest, EveryProblemIsNamedWithItsPlace) {
  const auto recipe = MakeTrainingRecipe("smoke", {{"teacher", {{"steps", 7.5}, {"beta2", "x"}}},
                                                   {"data", 3},
                                                   {"network", {{"unet_channels", {8, "y"}}}},
                                                   {"critic", {{"steps", nullptr}}}});
  for (const char* const what :
       {"'teacher.steps' must be an integer", "'teacher.beta2' must be a number",
        "'data' must be a JSON object", "'network.unet_channels[1]' must be an integer, is \"y\"",
        "'critic.steps' must be an integer"}) {
    EXPECT_THAT(std::string(recipe.status().message()), HasSubstr(what));
  }
}

TEST(TrainingRecipeTest, AnIntegerMayBeWrittenWithAnExponentAndMustFit) {
  const auto override_steps = [](const char* steps) {
    return MakeDistillationRecipe(
        "smoke", nlohmann::json::parse(std::string("{\"student\": {\"steps\": ") + steps + "}}"));
  };
  EXPECT_EQ(override_steps("2e3")->student.steps, 2000);
  for (const char* const wrong : {"1e30", "99999999999999999999", "true", "[1]", "-1"}) {
    EXPECT_FALSE(override_steps(wrong).ok()) << wrong;
  }
  EXPECT_FALSE(MakeDistillationRecipe("smoke", {{"seed", -1}}).ok());
  EXPECT_FALSE(MakeDistillationRecipe("smoke", {{"teacher_steps", int64_t{1} << 40}}).ok());
}

TEST(TrainingRecipeTest, WrittenAndReadAgainItIsTheSame) {
  const nlohmann::json training = RecipeJson(*MakeTrainingRecipe("rich", {}));
  EXPECT_EQ(training.at("decoder").at("steps"), 6000);
  EXPECT_EQ(RecipeJson(*MakeTrainingRecipe("smoke", training)), training);
  const nlohmann::json distillation = RecipeJson(*MakeDistillationRecipe("rich", {}));
  EXPECT_EQ(RecipeJson(*MakeDistillationRecipe("smoke", distillation)), distillation);
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

TEST(TrainingRecipeTest, ARecipeOfFoldersNeedsOne) {
  for (const char* name : {"illustrations", "illustrations-large"}) {
    EXPECT_THAT(std::string(MakeTrainingRecipe(name, {}).status().message()), HasSubstr("--data"));
    EXPECT_THAT(std::string(MakeDistillationRecipe(name, {}).status().message()),
                HasSubstr("--data"));
    const auto recipe = MakeTrainingRecipe(name, {{"data", {{"folder", "pictures"}}}});
    ASSERT_TRUE(recipe.ok()) << recipe.status();
    EXPECT_EQ(recipe->data.image_size, 96);
    EXPECT_EQ(recipe->network.latent_channels, 24);
  }
}

TEST(TrainingRecipeTest, ACriticOfOddWidthsIsRefused) {
  const auto recipe = MakeTrainingRecipe("smoke", {{"critic_network", {{"widths", {20}}}}});
  EXPECT_THAT(std::string(recipe.status().message()), HasSubstr("multiples of 8"));
}

TEST(TrainingRecipeTest, AnUnknownRecipeNamesTheChoices) {
  const auto recipe = MakeDistillationRecipe("huge", {});
  EXPECT_THAT(std::string(recipe.status().message()), HasSubstr("one-shape"));
}

}  // namespace
}  // namespace strobe::model
