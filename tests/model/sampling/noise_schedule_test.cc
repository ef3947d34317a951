#include "model/sampling/noise_schedule.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

// One part in a million: what float32 accumulation leaves.
void ExpectClose(double actual, double expected, const std::string& what) {
  EXPECT_NEAR(actual, expected, 1e-6 * std::abs(expected) + 1e-12) << what;
}

NoiseScheduleConfig StableDiffusion() {
  NoiseScheduleConfig config;
  config.beta_start = 0.00085;
  config.beta_end = 0.012;
  config.beta_schedule = "scaled_linear";
  return config;
}

struct Point {
  int timestep;
  double alpha_cumprod;
};

void ExpectPoints(const NoiseScheduleConfig& config, std::initializer_list<Point> points) {
  const auto schedule = NoiseSchedule::Create(config);
  ASSERT_TRUE(schedule.ok()) << schedule.status();
  for (const Point& point : points) {
    ExpectClose(schedule->AlphaCumprod(point.timestep), point.alpha_cumprod,
                config.beta_schedule + " at " + std::to_string(point.timestep));
  }
}

TEST(NoiseScheduleTest, AlphasCumprodAreThoseOfDiffusers) {
  ExpectPoints(StableDiffusion(), {{0, 0.999149978},
                                   {249, 0.675432086},
                                   {332, 0.536641836},
                                   {499, 0.27766943},
                                   {666, 0.105080388},
                                   {749, 0.0566234477},
                                   {999, 0.00466009509}});
  ExpectPoints(NoiseScheduleConfig(),
               {{0, 0.999899983}, {499, 0.078587234}, {999, 4.03583035e-05}});
}

TEST(NoiseScheduleTest, SquaredCosineEndsAtTheCappedBeta) {
  NoiseScheduleConfig config;
  config.beta_schedule = "squaredcos_cap_v2";
  ExpectPoints(config, {{0, 0.999958694}, {499, 0.493843466}, {998, 2.42876627e-06}});
  const auto schedule = NoiseSchedule::Create(config);
  EXPECT_NEAR(schedule->AlphaCumprod(999), 2.42873499e-09, 1e-12);
}

TEST(NoiseScheduleTest, ZeroTerminalSnrEndsAtExactlyZeroAndKeepsTheStart) {
  NoiseScheduleConfig config = StableDiffusion();
  config.rescale_betas_zero_snr = true;
  const auto schedule = NoiseSchedule::Create(config);
  ASSERT_TRUE(schedule.ok());
  EXPECT_EQ(schedule->AlphaCumprod(999), 0.0);
  EXPECT_NEAR(schedule->AlphaCumprod(0), 0.999149978, 1e-7);
  EXPECT_NEAR(schedule->AlphaCumprod(249), 0.654188871, 2e-6);
  EXPECT_NEAR(schedule->AlphaCumprod(499), 0.242358997, 2e-6);
  EXPECT_NEAR(schedule->AlphaCumprod(749), 0.0331714526, 1e-6);
}

TEST(NoiseScheduleTest, SigmaIsInterpolatedBetweenTimestepsAndHeldOutside) {
  const auto schedule = NoiseSchedule::Create(StableDiffusion());
  ASSERT_TRUE(schedule.ok());
  ExpectClose(schedule->Sigma(999), 14.61465, "999");
  ExpectClose(schedule->Sigma(499.5), 1.615583, "499.5");
  ExpectClose(schedule->Sigma(0), 0.02916753, "0");
  EXPECT_EQ(schedule->Sigma(1000), schedule->Sigma(999));
  EXPECT_EQ(schedule->Sigma(-1), schedule->Sigma(0));
}

TEST(NoiseScheduleTest, LevelsKeepUnitVariance) {
  for (const NoiseLevel& level :
       {NoiseSchedule::LevelOfSigma(14.6), NoiseSchedule::LevelOfAlphaCumprod(0.25)}) {
    EXPECT_NEAR(level.alpha * level.alpha + level.sigma * level.sigma, 1.0, 1e-15);
  }
  EXPECT_EQ(NoiseSchedule::LevelOfSigma(0.0).alpha, 1.0);
  EXPECT_EQ(NoiseSchedule::LevelOfAlphaCumprod(0.25).alpha, 0.5);
}

TEST(NoiseScheduleTest, BadValuesAreRefusedByName) {
  const auto error_of = [](const NoiseScheduleConfig& config) {
    return std::string(NoiseSchedule::Create(config).status().message());
  };
  NoiseScheduleConfig config = StableDiffusion();
  config.beta_schedule = "sigmoid";
  EXPECT_THAT(error_of(config), HasSubstr("beta_schedule 'sigmoid' is not supported"));
  config = StableDiffusion();
  config.num_train_timesteps = 1;
  EXPECT_THAT(error_of(config), HasSubstr("num_train_timesteps is 1"));
  config = StableDiffusion();
  config.beta_end = 1.0;
  EXPECT_THAT(error_of(config), HasSubstr("beta_end 1"));
  config.beta_end = std::nan("");
  EXPECT_THAT(error_of(config), HasSubstr("beta_end nan"));
}

}  // namespace
}  // namespace strobe::model
