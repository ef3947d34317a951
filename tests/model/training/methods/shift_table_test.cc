#include "model/training/methods/shift_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/training/data/training_recipe.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(const std::vector<ShiftPair>& pairs) {
  return std::string(ShiftTable::Create(pairs, 999).status().message());
}

TEST(ShiftTableTest, ItsPairsAreMetAndJoinedByLines) {
  const ShiftTable table = *ShiftTable::Create({{400, 100}, {999, 900}}, 999);
  EXPECT_EQ(table.LevelOf(400), 100);
  EXPECT_EQ(table.LevelOf(999), 900);
  EXPECT_EQ(table.LevelOf(200), 50);
  EXPECT_EQ(table.LevelOf(699.5), 500);
  EXPECT_EQ(table.LevelOf(1500), 900);
  EXPECT_EQ(table.LevelOf(1), 1);
}

TEST(ShiftTableTest, TheRecipesLevelsLieBelowTheStudentsAtEveryTimestep) {
  const ShiftTable table = *ShiftTable::Create(DistillationRecipe().gamma, 999);
  for (int timestep = 2; timestep <= 999; ++timestep) {
    EXPECT_LT(table.LevelOf(timestep), timestep);
    EXPECT_GE(table.LevelOf(timestep), table.LevelOf(timestep - 1));
  }
}

TEST(ShiftTableTest, WhatIsNotBelowTheStudentOrDoesNotAscendIsRefused) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("no pair"));
  EXPECT_THAT(ErrorOf({{499, 540}}), HasSubstr("gamma(499) = 540"));
  EXPECT_THAT(ErrorOf({{2000, 1000}}), HasSubstr("1..999"));
  EXPECT_THAT(ErrorOf({{499, 0}}), HasSubstr("gamma(499) = 0"));
  EXPECT_THAT(ErrorOf({{499, 100}, {332, 60}}), HasSubstr("timestep 332 does not follow 499"));
}

}  // namespace
}  // namespace strobe::model
