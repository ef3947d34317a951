#include "model/training/methods/step_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/sampling/step_table_builder.h"
#include "model/training/stages/network_configs.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<StudentSteps> StepsOf(const DistillationRecipe& recipe) {
  return DeterministicSteps(recipe, *StepTableBuilder::FromJson(SchedulerConfigJson("sample")));
}

// The share of each position among 20,000.
std::map<std::string, double> Shares(const DistillationRecipe& recipe) {
  const StudentSteps steps = *StepsOf(recipe);
  StepRandom random(1, "test", 0);
  std::map<std::string, double> shares;
  for (const StepPosition& position : steps.Draw(random, 20000)) {
    shares[position.LossName()] += 1.0 / 20000;
  }
  return shares;
}

TEST(StepTablesTest, EveryStepOfEveryCountIsDrawnEquallyOften) {
  const auto shares = Shares({});
  ASSERT_EQ(shares.size(), 6u);
  for (const auto& [name, share] : shares) EXPECT_NEAR(share, 1.0 / 6, 0.01) << name;
}

TEST(StepTablesTest, SharesOfTheCountsAreKept) {
  DistillationRecipe recipe;
  recipe.step_shares = {2, 3, 5};
  const auto shares = Shares(recipe);
  EXPECT_NEAR(shares.at("loss_step1of1"), 0.2, 0.01);
  EXPECT_NEAR(shares.at("loss_step2of2"), 0.15, 0.01);
  EXPECT_NEAR(shares.at("loss_step3of3"), 0.5 / 3, 0.01);
}

TEST(StepTablesTest, SharesThatAreNotOnePositiveNumberACountAreRefused) {
  DistillationRecipe recipe;
  for (const auto& shares : {std::vector<double>{1, 2}, std::vector<double>{1, 0, 2}}) {
    recipe.step_shares = shares;
    EXPECT_THAT(std::string(StepsOf(recipe).status().message()), HasSubstr("step_shares"));
  }
}

TEST(StepTablesTest, OnlyImagineFlashIsCorrected) {
  DistillationRecipe recipe;
  EXPECT_TRUE(StepsOf(recipe)->tables[1].noise_correction);
  recipe.method = "step";
  EXPECT_FALSE(StepsOf(recipe)->tables[1].noise_correction);
}

}  // namespace
}  // namespace strobe::model
