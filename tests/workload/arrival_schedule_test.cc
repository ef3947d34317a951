#include "workload/arrival_schedule.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "workload/latency_statistics.h"

namespace strobe::workload {
namespace {

ArrivalOptions Options(ArrivalProcess process, double rate, double smoothness = 1) {
  ArrivalOptions options;
  options.process = process;
  options.rate = rate;
  options.smoothness = smoothness;
  options.seed = 7;
  return options;
}

std::vector<double> Gaps(const ArrivalOptions& options, int count) {
  ArrivalSchedule schedule(options);
  std::vector<double> gaps;
  absl::Duration last;
  for (int i = 0; i < count; ++i) {
    const absl::Duration next = schedule.Next();
    gaps.push_back(absl::ToDoubleSeconds(next - last));
    last = next;
  }
  return gaps;
}

// Standard deviation over mean.
double Variation(const std::vector<double>& values) { return Repeat(values).variation; }

TEST(ArrivalScheduleTest, ConstantArrivalsAreEquallyFarApartFromZeroOn) {
  ArrivalSchedule schedule(Options(ArrivalProcess::kConstant, 8));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(schedule.Next(), i * absl::Milliseconds(125));
}

TEST(ArrivalScheduleTest, ConstantArrivalsDoNotDriftHoweverMany) {
  ArrivalSchedule schedule(Options(ArrivalProcess::kConstant, 3));
  for (int i = 0; i < 3'000'000; ++i) schedule.Next();
  EXPECT_EQ(schedule.Next(), absl::Seconds(1'000'000));
}

TEST(ArrivalScheduleTest, EveryProcessHasTheRateAskedFor) {
  struct Case {
    ArrivalProcess process;
    double smoothness;
    double variation;  // of the gaps: 1 / sqrt(shape)
  };
  for (const Case& each :
       {Case{ArrivalProcess::kConstant, 1, 0}, Case{ArrivalProcess::kPoisson, 1, 1},
        Case{ArrivalProcess::kGamma, 4, 0.5}, Case{ArrivalProcess::kGamma, 0.25, 2},
        Case{ArrivalProcess::kGamma, 1, 1}}) {
    const auto gaps = Gaps(Options(each.process, 50, each.smoothness), 100'000);
    EXPECT_NEAR(Mean(gaps), 0.02, 0.0006) << ArrivalProcessName(each.process) << each.smoothness;
    EXPECT_NEAR(Variation(gaps), each.variation, 0.05 * (1 + each.variation));
  }
}

TEST(ArrivalScheduleTest, PoissonGapsAreExponential) {
  auto gaps = Gaps(Options(ArrivalProcess::kPoisson, 1), 100'000);
  int beyond_two = 0;
  for (const double gap : gaps) beyond_two += gap > 2;
  EXPECT_NEAR(beyond_two / 1e5, std::exp(-2), 0.004);
}

TEST(ArrivalScheduleTest, TheSeedDecidesAndNothingElse) {
  ArrivalOptions options = Options(ArrivalProcess::kPoisson, 10);
  EXPECT_EQ(Gaps(options, 100), Gaps(options, 100));
  const auto first = Gaps(options, 100);
  options.seed = 8;
  EXPECT_NE(Gaps(options, 100), first);
}

TEST(ArrivalScheduleTest, NamesRoundTripAndOthersAreRefused) {
  for (const char* name : {"constant", "poisson", "gamma"}) {
    EXPECT_EQ(ArrivalProcessName(*ParseArrivalProcess(name)), name);
  }
  EXPECT_EQ(ParseArrivalProcess("uniform").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace strobe::workload
