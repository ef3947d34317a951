#include "model/sampling/few_step_sampler.h"

#include <cmath>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/stack.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"
#include "tests/model/sampling/step_rules.h"

namespace strobe::model {
namespace {

constexpr int64_t kRowShape[] = {1, 4, 3, 5};

at::Tensor Random(uint64_t seed) { return UnitNormal(seed, 0, at::IntArrayRef(kRowShape)); }

double MaxDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(FewStepSamplerTest, EveryPredictionTypeGivesTheSameStepForTheSamePrediction) {
  const at::Tensor x0 = Random(1);
  const at::Tensor eps = Random(2);
  const NoiseLevel level = LevelOf(0.28);
  const NoiseLevel next = LevelOf(0.6);
  const at::Tensor x = x0 * level.alpha + eps * level.sigma;
  const at::Tensor expected = x0 * next.alpha + eps * next.sigma;
  const std::pair<PredictionType, at::Tensor> outputs[] = {
      {PredictionType::kEpsilon, eps},
      {PredictionType::kSample, x0},
      {PredictionType::kVPrediction, eps * level.alpha - x0 * level.sigma}};
  for (const auto& [type, output] : outputs) {
    StepRule rule;
    rule.prediction_type = type;
    rule.row.level = level;
    rule.row.next = next;
    const StepResult result = ApplyStep(output, x, {rule}, {}, {});
    EXPECT_LT(MaxDifference(result.denoised, x0), 2e-6);
    EXPECT_LT(MaxDifference(result.latents, expected), 2e-6);
  }
}

// Song et al. 2021, equation 12, written out for eta in the direction and the noise.
TEST(FewStepSamplerTest, AStepIsTheClosedFormOfDdim) {
  const double abar = 0.28;
  const double abar_next = 0.6;
  const double eta = 0.7;
  const double sigma = eta * std::sqrt((1 - abar_next) / (1 - abar) * (1 - abar / abar_next));
  const at::Tensor x = Random(3);
  const at::Tensor eps = Random(4);
  const at::Tensor z = Random(5);
  const at::Tensor x0 = (x - eps * std::sqrt(1 - abar)) / std::sqrt(abar);
  const at::Tensor expected =
      x0 * std::sqrt(abar_next) + eps * std::sqrt(1 - abar_next - sigma * sigma) + z * sigma;
  StepRule rule;
  rule.row.level = LevelOf(abar);
  rule.row.next = LevelOf(abar_next);
  rule.row.rho = sigma / std::sqrt(1 - abar_next);
  EXPECT_LT(MaxDifference(ApplyStep(eps, x, {rule}, {}, z).latents, expected), 2e-6);
}

TEST(FewStepSamplerTest, TheLastStepEndsAtTheDenoisedImage) {
  const StepTable table = TwoSteps(PredictionType::kSample, 1.0);
  const StepRule last = RuleOfStep(table, 1);
  EXPECT_FALSE(last.DrawsNoise());
  const StepResult result = ApplyStep(Random(1), Random(2), {last}, {}, {});
  EXPECT_TRUE(at::equal(result.latents, result.denoised));
  EXPECT_TRUE(at::equal(result.denoised, Random(1)));
}

TEST(FewStepSamplerTest, NoiseCorrectionPutsTheStartNoiseIntoTheDirectionOnly) {
  StepTable table = TwoSteps(PredictionType::kEpsilon, 0.0);
  const at::Tensor noise = Random(1);
  const at::Tensor output = Random(2);
  const StepResult plain = ApplyStep(output, noise, {RuleOfStep(table, 0)}, noise, {});
  table.noise_correction = true;
  const StepResult corrected = ApplyStep(output, noise, {RuleOfStep(table, 0)}, noise, {});
  EXPECT_TRUE(at::equal(corrected.denoised, plain.denoised));
  const NoiseLevel next = table.rows[0].next;
  const at::Tensor expected = plain.denoised * next.alpha + noise * next.sigma;
  EXPECT_LT(MaxDifference(corrected.latents, expected), 1e-5);
  EXPECT_GT(MaxDifference(corrected.latents, plain.latents), 0.1);
}

TEST(FewStepSamplerTest, NoiseCorrectionIsForTheFirstOfSeveralSteps) {
  StepTable table = TwoSteps(PredictionType::kEpsilon, 0.0);
  table.noise_correction = true;
  EXPECT_TRUE(RuleOfStep(table, 0).noise_correction);
  EXPECT_FALSE(RuleOfStep(table, 1).noise_correction);
  table.rows.resize(1);
  EXPECT_FALSE(RuleOfStep(table, 0).noise_correction);
}

TEST(FewStepSamplerTest, NoiseCorrectionChangesNothingWhenAllNoiseIsFresh) {
  StepTable table = TwoSteps(PredictionType::kEpsilon, 1.0);
  const at::Tensor noise = Random(1);
  const at::Tensor plain =
      ApplyStep(Random(2), noise, {RuleOfStep(table, 0)}, noise, Random(3)).latents;
  table.noise_correction = true;
  const at::Tensor corrected =
      ApplyStep(Random(2), noise, {RuleOfStep(table, 0)}, noise, Random(3)).latents;
  EXPECT_TRUE(at::equal(plain, corrected));
}

TEST(FewStepSamplerTest, ClippingBoundsTheImageButNotTheDirection) {
  StepRule rule;
  rule.row.level = LevelOf(0.28);
  rule.row.next = LevelOf(0.6);
  rule.clip_sample = true;
  rule.clip_sample_range = 0.5;
  const at::Tensor x = Random(1);
  const at::Tensor eps = Random(2);
  const at::Tensor x0 =
      at::clamp((x - eps * rule.row.level.sigma) / rule.row.level.alpha, -0.5, 0.5);
  const StepResult result = ApplyStep(eps, x, {rule}, {}, {});
  EXPECT_LT(MaxDifference(result.denoised, x0), 2e-6);
  EXPECT_LT(MaxDifference(result.latents, x0 * rule.row.next.alpha + eps * rule.row.next.sigma),
            2e-6);
}

TEST(FewStepSamplerTest, TheBoundaryConditionMixesInTheSample) {
  StepRule rule;
  rule.prediction_type = PredictionType::kSample;
  rule.row.level = LevelOf(0.28);
  rule.row.output_scale = 0.75;
  rule.row.skip_scale = 0.25;
  const StepResult result = ApplyStep(Random(1), Random(2), {rule}, {}, {});
  EXPECT_LT(MaxDifference(result.denoised, Random(1) * 0.75 + Random(2) * 0.25), 1e-6);
}

TEST(FewStepSamplerTest, ARowGivesTheSameBitsInAnyCompany) {
  const std::vector<StepRule> rules = RulesOfEveryKind();
  std::vector<at::Tensor> outputs, latents, noises, draws;
  for (size_t i = 0; i < rules.size(); ++i) {
    outputs.push_back(Random(4 * i));
    latents.push_back(Random(4 * i + 1));
    noises.push_back(Random(4 * i + 2));
    draws.push_back(Random(4 * i + 3));
  }
  const StepResult together =
      ApplyStep(at::cat(outputs), at::cat(latents), rules, at::cat(noises), at::cat(draws));
  for (size_t i = 0; i < rules.size(); ++i) {
    const StepResult alone = ApplyStep(outputs[i], latents[i], {rules[i]}, noises[i], draws[i]);
    const int64_t row = static_cast<int64_t>(i);
    EXPECT_TRUE(at::equal(together.denoised.narrow(0, row, 1), alone.denoised)) << i;
    EXPECT_TRUE(at::equal(together.latents.narrow(0, row, 1), alone.latents)) << i;
  }
}

TEST(FewStepSamplerTest, DrawnNoiseIsThatOfTheSeedAndGivenNoiseTakesItsPlace) {
  const StepRule rule = RuleOfStep(TwoSteps(PredictionType::kEpsilon, 1.0), 0);
  const StepRule last = RuleOfStep(TwoSteps(PredictionType::kEpsilon, 0.0), 0);
  const std::vector<StepRule> rules = {rule, rule, last};
  const at::Tensor output = at::cat({Random(1), Random(2), Random(3)});
  const at::Tensor x = at::cat({Random(4), Random(5), Random(6)});
  const at::Tensor given = Random(7).squeeze(0);
  const StepResult result =
      DrawAndApplyStep(output, x, rules, at::Tensor(), {{9, 2, {}}, {9, 2, given}, {9, 2, {}}});
  const at::Tensor drawn = UnitNormal(9, 2, given.sizes());
  EXPECT_TRUE(at::equal(result.noise[0], drawn));
  EXPECT_TRUE(at::equal(result.noise[1], given));
  const at::Tensor z = at::stack({drawn, given, given});
  EXPECT_TRUE(at::equal(result.latents, ApplyStep(output, x, rules, {}, z).latents));
}

TEST(FewStepSamplerTest, WhereNoRuleDrawsThereIsNoNoise) {
  const StepRule rule = RuleOfStep(TwoSteps(PredictionType::kEpsilon, 0.0), 0);
  EXPECT_FALSE(DrawAndApplyStep(Random(1), Random(2), {rule}, {}, {{9, 2, {}}}).noise.defined());
}

}  // namespace
}  // namespace strobe::model
