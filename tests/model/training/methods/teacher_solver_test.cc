// The solver and the noise of the shifted loss on a teacher whose answer is known: data of one
// normal distribution N(m, s^2) in every value. Its posterior mean of x0 from x = alpha x0 + sigma
// z is m + alpha s^2 (x - alpha m) / d^2, d^2 = alpha^2 s^2 + sigma^2, and its probability flow
// leads from x to m + s (x - alpha m) / d.

#include "model/training/methods/teacher_solver.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"
#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/renoising.h"
#include "model/training/methods/shift_table.h"

namespace strobe::model {
namespace {

constexpr double kMean = 0.7;
constexpr int64_t kRows = 64;

NoiseSchedule Schedule() {
  NoiseScheduleConfig config;
  config.beta_start = 0.00085;
  config.beta_end = 0.012;
  config.beta_schedule = "scaled_linear";
  return *NoiseSchedule::Create(config);
}

double Deviation(const NoiseLevel& level, double s) {
  return std::hypot(level.alpha * s, level.sigma);
}

X0Prediction NormalTeacher(double s) {
  return [s](const at::Tensor& latents, const std::vector<double>&,
             const std::vector<NoiseLevel>& levels) {
    const NoiseLevel& level = levels.front();
    const double d = Deviation(level, s);
    return kMean + level.alpha * s * s / (d * d) * (latents - level.alpha * kMean);
  };
}

at::Tensor Flow(const at::Tensor& latents, const NoiseLevel& level, double s) {
  return kMean + s / Deviation(level, s) * (latents - level.alpha * kMean);
}

// The solver ends with the posterior mean at label 20, which keeps this share of a deviation there.
double KeptAtTheEnd(double s) {
  const NoiseLevel end = Schedule().Level(20);
  return end.alpha * s / Deviation(end, s);
}

at::Tensor UnitNoise(uint64_t stream) { return UnitNormal(7, stream, {kRows, 4, 16, 16}); }

// The slope of the line through all pairs of values: how much of a deviation of x the other keeps.
double Slope(const at::Tensor& x, const at::Tensor& y) {
  const at::Tensor dx = x - x.mean();
  return ((dx * (y - y.mean())).sum() / dx.square().sum()).item<double>();
}

// A student that answers at `timestep` as the flow does, then one round of the shifted loss: its x0
// and the target that a teacher, solved finely, gives from gamma.
struct Round {
  at::Tensor x0;
  at::Tensor target;
};

Round OneRound(Renoise renoise, double s, int timestep, int gamma) {
  const NoiseSchedule schedule = Schedule();
  const NoiseLevel level = schedule.Level(timestep);
  StudentPrediction student;
  student.start_noise = UnitNoise(0);
  student.input = level.alpha * kMean + Deviation(level, s) * UnitNoise(1);
  student.x0 = Flow(student.input, level, s);
  student.levels.assign(kRows, level);
  student.is_first.assign(kRows, 0.0);
  const at::Tensor start = Renoised(
      renoise, student, std::vector<NoiseLevel>(kRows, schedule.Level(gamma)), UnitNoise(2));
  return {student.x0, SolveToClean(NormalTeacher(s), schedule, start,
                                   std::vector<int>(kRows, gamma), /*count=*/100)};
}

TEST(LogSnrLabelsTest, FiveFromPureNoiseAreThoseOfTheReviewedToy) {
  EXPECT_THAT(LogSnrLabels(Schedule(), 999, 5), ::testing::ElementsAre(999, 774, 461, 144, 20));
  EXPECT_THAT(LogSnrLabels(Schedule(), 300, 1), ::testing::ElementsAre(300));
}

TEST(LogSnrLabelsTest, AStartBelowTheEndStaysWhereItIs) {
  EXPECT_THAT(LogSnrLabels(Schedule(), 12, 3), ::testing::ElementsAre(12, 12, 12));
}

TEST(SolveToCleanTest, FollowsTheFlowAndOfSecondOrder) {
  const NoiseSchedule schedule = Schedule();
  const double s = 0.3;
  const NoiseLevel level = schedule.Level(900);
  const at::Tensor start = level.alpha * kMean + Deviation(level, s) * UnitNoise(1);
  const at::Tensor exact = kMean + KeptAtTheEnd(s) * (Flow(start, level, s) - kMean);
  const auto error = [&](int count) {
    const at::Tensor end =
        SolveToClean(NormalTeacher(s), schedule, start, std::vector<int>(kRows, 900), count);
    return (end - exact).square().mean().sqrt().item<double>();
  };
  EXPECT_LT(error(100), 0.001);
  // Twice the steps, a quarter of the error; of first order it would be a half.
  EXPECT_LT(error(20), 0.35 * error(10) + 0.0005);
}

TEST(SolveToCleanTest, ASecondOrderStepBeatsTheFirstOrderOfOneKind) {
  const NoiseSchedule schedule = Schedule();
  const double s = 0.3;
  const NoiseLevel level = schedule.Level(999);
  at::Tensor x = level.alpha * kMean + Deviation(level, s) * UnitNoise(1);
  const at::Tensor exact = kMean + KeptAtTheEnd(s) * (Flow(x, level, s) - kMean);
  const std::vector<int> starts(kRows, 999);
  const at::Tensor second = SolveToClean(NormalTeacher(s), schedule, x, starts, 8);
  // DDIM over the same labels.
  const std::vector<int> labels = LogSnrLabels(schedule, 999, 8);
  at::Tensor x0;
  for (size_t j = 0; j < labels.size(); ++j) {
    const NoiseLevel here = schedule.Level(labels[j]);
    x0 = NormalTeacher(s)(x, {}, {here});
    if (j + 1 == labels.size()) break;
    const NoiseLevel next = schedule.Level(labels[j + 1]);
    x = next.alpha * x0 + next.sigma / here.sigma * (x - here.alpha * x0);
  }
  EXPECT_LT((second - exact).abs().max().item<double>(),
            0.5 * (x0 - exact).abs().max().item<double>());
}

TEST(SolveToCleanTest, RowsOfEqualLabelsStayFinite) {
  const at::Tensor end =
      SolveToClean(NormalTeacher(1.0), Schedule(), UnitNoise(1), std::vector<int>(kRows, 12), 4);
  EXPECT_TRUE(end.isfinite().all().item<bool>());
}

TEST(ShiftedLossTest, FreshNoiseContractsToTheMeanByRho) {
  const NoiseSchedule schedule = Schedule();
  for (const double s : {1.0, 0.3}) {
    for (const int gamma : {60, 200, 399, 540}) {
      const NoiseLevel level = schedule.Level(gamma);
      const double rho = level.alpha * s / Deviation(level, s);
      const Round round = OneRound(Renoise::kFresh, s, 666, gamma);
      EXPECT_NEAR(Slope(round.x0, round.target) / KeptAtTheEnd(s), rho, 0.01 * rho)
          << s << " at " << gamma;
      EXPECT_LT(rho, 1.0);
    }
  }
}

TEST(ShiftedLossTest, OwnNoiseAtTheStudentsOwnLevelLeavesTheSpread) {
  for (const double s : {1.0, 0.3, 0.1}) {
    const Round round = OneRound(Renoise::kOwn, s, 499, 499);
    const double kept = KeptAtTheEnd(s);
    EXPECT_NEAR(Slope(round.x0, round.target) / kept, 1.0, 0.01) << s;
    EXPECT_NEAR((round.target.std() / round.x0.std()).item<double>() / kept, 1.0, 0.01) << s;
  }
}

TEST(ShiftedLossTest, OwnNoiseBelowIsAFunctionOfTheInputAndNeverContracts) {
  const NoiseSchedule schedule = Schedule();
  for (const double s : {1.0, 0.3, 0.1}) {
    for (const auto& [timestep, gamma] : std::initializer_list<ShiftPair>{{499, 200}, {332, 60}}) {
      const NoiseLevel here = schedule.Level(static_cast<int>(timestep));
      const NoiseLevel below = schedule.Level(static_cast<int>(gamma));
      const double noise = (Deviation(here, s) - here.alpha * s) / here.sigma;
      const double factor = (below.alpha * s + below.sigma * noise) / Deviation(below, s);
      const Round round =
          OneRound(Renoise::kOwn, s, static_cast<int>(timestep), static_cast<int>(gamma));
      EXPECT_NEAR(Slope(round.x0, round.target) / KeptAtTheEnd(s), factor, 0.01 * factor)
          << s << " at " << gamma;
      EXPECT_GE(factor, 1.0);
      // No value of the target depends on anything but its own input.
      const at::Tensor predicted = kMean + KeptAtTheEnd(s) * factor * (round.x0 - kMean);
      EXPECT_LT((round.target - predicted).std().item<double>(), 0.01 * s) << s;
    }
  }
}

TEST(RenoisedTest, FreshTakesTheStartNoiseAtTheFirstStepAndStartAlways) {
  StudentPrediction student;
  student.x0 = UnitNormal(1, 0, {2, 4, 2, 2});
  student.input = UnitNormal(1, 1, {2, 4, 2, 2});
  student.start_noise = UnitNormal(1, 2, {2, 4, 2, 2});
  student.levels = {{0.6, 0.8}, {0.6, 0.8}};
  student.is_first = {1.0, 0.0};
  const at::Tensor fresh = UnitNormal(1, 3, {2, 4, 2, 2});
  const std::vector<NoiseLevel> pure = {{0.0, 1.0}, {0.0, 1.0}};
  const at::Tensor mixed = Renoised(Renoise::kFresh, student, pure, fresh);
  EXPECT_TRUE(mixed[0].equal(student.start_noise[0]));
  EXPECT_TRUE(mixed[1].equal(fresh[1]));
  EXPECT_TRUE(Renoised(Renoise::kStart, student, pure, fresh).equal(student.start_noise));
  // Own noise at the student's level gives back what it saw.
  EXPECT_TRUE(
      Renoised(Renoise::kOwn, student, student.levels, fresh).allclose(student.input, 1e-5, 1e-6));
}

}  // namespace
}  // namespace strobe::model
