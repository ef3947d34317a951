#include "model/training/methods/adversarial_balance.h"

#include <gtest/gtest.h>

namespace strobe::model {
namespace {

TEST(AdversarialBalanceTest, TheShareIsNothingThenGrowsThenStays) {
  const AdversarialBalance balance({0.2, 10, 4});
  EXPECT_EQ(balance.ShareAt(9), 0.0);
  EXPECT_DOUBLE_EQ(balance.ShareAt(10), 0.05);
  EXPECT_DOUBLE_EQ(balance.ShareAt(12), 0.15);
  EXPECT_DOUBLE_EQ(balance.ShareAt(13), 0.2);
  EXPECT_DOUBLE_EQ(balance.ShareAt(10000), 0.2);
}

TEST(AdversarialBalanceTest, TheFactorMakesTheGradientTheShareOfTheOther) {
  AdversarialBalance balance({0.2, 0, 1});
  EXPECT_NEAR(balance.FactorAt(0, 3.0, 6.0) * 6.0, 0.2 * 3.0, 1e-6);
}

TEST(AdversarialBalanceTest, TheRatioIsAveragedAndForgetsThePast) {
  AdversarialBalance balance({0.2, 0, 1});
  balance.FactorAt(0, 1.0, 2.0);
  EXPECT_NEAR(balance.FactorAt(1, 1.0, 4.0), 0.2 / 2.1, 1e-6);
  for (int64_t call = 2; call < 200; ++call) balance.FactorAt(call, 1.0, 4.0);
  EXPECT_NEAR(balance.FactorAt(200, 1.0, 4.0), 0.2 / 4.0, 1e-4);
}

TEST(AdversarialBalanceTest, WithoutAGradientTheFactorIsNothingAndNotInfinite) {
  AdversarialBalance balance({0.2, 0, 1});
  EXPECT_EQ(balance.FactorAt(0, 1.0, 0.0), 0.0);
  EXPECT_EQ(balance.FactorAt(1, 0.0, 1.0), 0.0);
}

TEST(AdversarialBalanceTest, ARestoredRatioGoesOnWhereItStopped) {
  AdversarialBalance first({0.2, 0, 1});
  first.FactorAt(0, 1.0, 2.0);
  AdversarialBalance second({0.2, 0, 1});
  for (const auto& [name, tensor] : first.State()) second.State().at(name).copy_(tensor);
  EXPECT_EQ(second.FactorAt(1, 1.0, 5.0), first.FactorAt(1, 1.0, 5.0));
}

}  // namespace
}  // namespace strobe::model
