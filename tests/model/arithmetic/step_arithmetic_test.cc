#include "model/arithmetic/step_arithmetic.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"
#include "tests/model/sampling/step_rules.h"

namespace strobe::model {
namespace {

constexpr int64_t kElements = 60;

TEST(TakeStepTest, GivesTheBitsOfTheTensorOperations) {
  const std::vector<StepRule> rules = RulesOfEveryKind();
  const int64_t shape[] = {static_cast<int64_t>(rules.size()), 4, 3, 5};
  const at::Tensor output = UnitNormal(1, 0, shape), x = UnitNormal(2, 0, shape);
  const at::Tensor start = UnitNormal(3, 0, shape), z = UnitNormal(4, 0, shape);
  const StepResult expected = ApplyStep(output, x, rules, start, z);
  for (int64_t i = 0; i < output.numel(); ++i) {
    const auto at = [i](const at::Tensor& tensor) { return tensor.const_data_ptr<float>()[i]; };
    const StepCoefficients coefficients = CoefficientsOf(rules[i / kElements]);
    const StepValue value = TakeStep(coefficients, at(output), at(x), at(start), at(z));
    ASSERT_EQ(value.denoised, at(expected.denoised)) << i;
    ASSERT_EQ(value.next, at(expected.latents)) << i;
  }
}

TEST(TakeStepTest, DoesNotLookAtNoiseThatTheRuleDoesNotUse) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const StepTable table = TwoSteps(PredictionType::kEpsilon, 0.0);
  const StepValue value = TakeStep(CoefficientsOf(RuleOfStep(table, 0)), 0.5f, 0.25f, nan, nan);
  EXPECT_TRUE(std::isfinite(value.denoised));
  EXPECT_TRUE(std::isfinite(value.next));
}

TEST(TakeStepTest, NanIsNotClippedAway) {
  StepTable table = TwoSteps(PredictionType::kSample, 0.0);
  table.clip_sample = true;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(TakeStep(CoefficientsOf(RuleOfStep(table, 0)), nan, 1.0f, 0, 0).denoised));
}

}  // namespace
}  // namespace strobe::model
