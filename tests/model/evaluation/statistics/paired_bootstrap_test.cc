#include "model/evaluation/statistics/paired_bootstrap.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr int kResamples = 2000;

// The mean of `values` on resamples.
Resampled MeanOf(const std::vector<double>& values, uint64_t seed = 1) {
  const double count = static_cast<double>(values.size());
  Resampled mean{std::accumulate(values.begin(), values.end(), 0.0) / count, {}};
  for (int r = 0; r < kResamples; ++r) {
    const std::vector<float> counts = ResampleCounts(static_cast<int>(values.size()), seed, r);
    double sum = 0.0;
    for (size_t i = 0; i < values.size(); ++i) sum += static_cast<double>(counts[i]) * values[i];
    mean.draws.push_back(sum / count);
  }
  return mean;
}

std::vector<double> Uniforms(size_t count, uint64_t stream) {
  SceneRandom random(5, stream);
  std::vector<double> values(count);
  for (double& value : values) value = random.Uniform();
  return values;
}

double Width(const Resampled& statistic) {
  const Interval interval = IntervalOf(statistic);
  return interval.high - interval.low;
}

TEST(ResampleCountsTest, AreAsManyDrawsAsPromptsAndEqualForEqualArguments) {
  const std::vector<float> counts = ResampleCounts(500, 3, 7);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0.0f), 500.0f);
  EXPECT_EQ(ResampleCounts(500, 3, 7), counts);
  EXPECT_NE(ResampleCounts(500, 3, 8), counts);
  // Of draws with replacement 1/e are left out.
  const auto absent = static_cast<double>(std::count(counts.begin(), counts.end(), 0.0f));
  EXPECT_NEAR(absent / 500, std::exp(-1.0), 0.06);
}

TEST(IntervalOfTest, OfAMeanIsThatOfTheNormalApproximation) {
  const Resampled mean = MeanOf(Uniforms(400, 0));
  const double deviation = std::sqrt(1.0 / 12 / 400);
  EXPECT_NEAR(Width(mean), 2 * 1.96 * deviation, 0.1 * 4 * deviation);
}

TEST(IntervalOfTest, ABiasOfTheDrawsDoesNotMoveIt) {
  Resampled mean = MeanOf(Uniforms(400, 0));
  const Interval before = IntervalOf(mean);
  for (double& draw : mean.draws) draw += 10.0;
  EXPECT_NEAR(IntervalOf(mean).low, before.low, 1e-9);
  EXPECT_NEAR(IntervalOf(mean).high, before.high, 1e-9);
}

TEST(DifferenceTest, WhatBothShareFallsOut) {
  const std::vector<double> shared = Uniforms(400, 0);
  const std::vector<double> own = Uniforms(400, 1);
  std::vector<double> better = shared;
  for (size_t i = 0; i < better.size(); ++i) better[i] += 0.02 + 0.02 * (own[i] - 0.5);
  const Resampled difference = Difference(MeanOf(better), MeanOf(shared));
  EXPECT_NEAR(difference.value, 0.02, 0.002);
  EXPECT_TRUE(IntervalOf(difference).Excludes(0.0));
  // Unpaired, by other resamples, the same difference is lost in the noise of both.
  const Resampled unpaired = Difference(MeanOf(better, 1), MeanOf(shared, 2));
  EXPECT_FALSE(IntervalOf(unpaired).Excludes(0.0));
  EXPECT_GT(Width(unpaired), 20 * Width(difference));
}

TEST(DifferenceTest, TheIntervalHoldsTheTruthInNineteenOfTwentyRuns) {
  int covered = 0;
  const int runs = 200;
  for (int run = 0; run < runs; ++run) {
    const std::vector<double> shared = Uniforms(60, 10 + 2 * static_cast<uint64_t>(run));
    const std::vector<double> own = Uniforms(60, 11 + 2 * static_cast<uint64_t>(run));
    std::vector<double> other = shared;
    for (size_t i = 0; i < other.size(); ++i) other[i] += own[i];  // 1/2 more on average
    Resampled a{0.0, {}};
    Resampled b{0.0, {}};
    for (size_t i = 0; i < shared.size(); ++i) {
      a.value += other[i] / 60;
      b.value += shared[i] / 60;
    }
    for (int r = 0; r < 200; ++r) {
      const std::vector<float> counts = ResampleCounts(60, 1, r);
      double sum_a = 0.0;
      double sum_b = 0.0;
      for (size_t i = 0; i < shared.size(); ++i) {
        sum_a += static_cast<double>(counts[i]) * other[i] / 60;
        sum_b += static_cast<double>(counts[i]) * shared[i] / 60;
      }
      a.draws.push_back(sum_a);
      b.draws.push_back(sum_b);
    }
    covered += IntervalOf(Difference(a, b)).Excludes(0.5) ? 0 : 1;
  }
  EXPECT_GE(covered, runs * 88 / 100);
  EXPECT_LE(covered, runs * 99 / 100);
}

TEST(RatioTest, OfEqualStatisticsIsOneWithoutAnInterval) {
  const Resampled mean = MeanOf(Uniforms(100, 0));
  const Interval interval = IntervalOf(Ratio(mean, mean));
  EXPECT_DOUBLE_EQ(interval.low, 1.0);
  EXPECT_DOUBLE_EQ(interval.high, 1.0);
}

TEST(MeanOverTrainingsTest, OneTrainingIsItself) {
  const Resampled mean = MeanOf(Uniforms(100, 0));
  const Resampled same = MeanOverTrainings({mean}, 9);
  EXPECT_DOUBLE_EQ(same.value, mean.value);
  EXPECT_NEAR(Width(same), Width(mean), 1e-9);
}

TEST(MeanOverTrainingsTest, TheirDifferencesWidenTheIntervalAsTheDeviationOfTheirMean) {
  // Three trainings without any noise of the prompts.
  std::vector<Resampled> trainings;
  for (const double value : {1.0, 2.0, 3.0}) {
    trainings.push_back({value, std::vector<double>(kResamples, value)});
  }
  const Resampled mean = MeanOverTrainings(trainings, 9);
  EXPECT_DOUBLE_EQ(mean.value, 2.0);
  double square = 0.0;
  for (const double draw : mean.draws) square += (draw - 2.0) * (draw - 2.0) / kResamples;
  // The unbiased variance of 1, 2, 3 is 1; that of their mean a third of it.
  EXPECT_NEAR(square, 1.0 / 3, 0.03);
}

}  // namespace
}  // namespace strobe::model
