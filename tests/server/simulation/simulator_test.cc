#include "server/simulation/simulator.h"

#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/simulation/simulation_report.h"
#include "tests/server/simulation/cost_curves.h"

namespace strobe::server {
namespace {

class SimulatorTest : public ::testing::Test {
 protected:
  SimulatorTest() { options_.request_count = 50'000; }

  SimulationResult Run(double rate, int replicas = 1) {
    options_.arrivals.rate = rate;
    const auto simulator = Simulator::Create(options_, workload_, costs_);
    EXPECT_TRUE(simulator.ok()) << simulator.status();
    return simulator->Run(replicas);
  }

  static workload::RequestClass Within(absl::Duration slo) {
    workload::RequestClass all;
    all.slo = slo;
    return all;
  }

  CostFile costs_ = Measured(StraightCosts({{{1, 0}, {6, 0}, {3, 0}}}));
  SimulationOptions options_;
  workload::Workload workload_{{Within(absl::Milliseconds(40))}};
};

TEST_F(SimulatorTest, WithoutBatchingItIsTheTextbookMD1Queue) {
  // A service of 10 ms at 80 requests/s: the mean wait is rho S / (2 (1 - rho)) = 20 ms.
  options_.replica.policy.max_batch_size = 1;
  options_.request_count = 400'000;
  const SimulationResult result = Run(80);
  EXPECT_NEAR(result.utilisation, 0.8, 0.01);
  EXPECT_NEAR(result.mean_latency, 0.030, 0.001);
  EXPECT_NEAR(result.throughput(), 80, 1);
}

TEST_F(SimulatorTest, BatchingCarriesMoreThanOneByOne) {
  const SimulationResult result = Run(300);
  EXPECT_EQ(result.count(SimulatedOutcome::kOk), options_.request_count);
  EXPECT_GT(result.mean_batch(Stage::kDenoise), 2);
}

TEST_F(SimulatorTest, ReplicasShareTheLoad) {
  options_.replica.policy.max_batch_size = 1;
  options_.replica.admission.queue_capacity = 20;
  const SimulationResult one = Run(150);
  const SimulationResult two = Run(150, 2);
  const SimulationResult four = Run(150, 4);
  EXPECT_GT(one.count(SimulatedOutcome::kShed), 10'000u);
  EXPECT_LT(one.attainment(), two.attainment());
  EXPECT_LT(two.attainment(), four.attainment());
  EXPECT_GT(four.attainment(), 0.97);
  EXPECT_NEAR(four.utilisation, 0.375, 0.01);
}

TEST_F(SimulatorTest, AnOverloadOfBatchPriorityCostsInteractiveRequestsNothing) {
  // 100 requests/s can be served; 50 interactive ones come, and 100 of batch priority.
  options_.replica.policy.max_batch_size = 1;
  options_.replica.admission.queue_capacity = 40;
  workload::RequestClass interactive = Within(absl::Milliseconds(200));
  workload::RequestClass batch = Within(absl::Minutes(10));
  batch.weight = 2;
  batch.batch_priority = true;
  workload_ = workload::Workload({interactive, batch});
  const SimulationResult result = Run(150);
  const auto share = [](const auto& kind) {
    return static_cast<double>(kind.good) / static_cast<double>(kind.requests);
  };
  EXPECT_GT(share(result.classes[0]), 0.999);
  EXPECT_NEAR(share(result.classes[1]), 0.5, 0.03);
  EXPECT_GT(result.utilisation, 0.99);
}

TEST_F(SimulatorTest, DeadlinesAreMetInFrontOfABacklogOfBatchPriority) {
  // 100 requests/s can be served; 40 interactive ones come, and 120 of batch priority wait behind.
  options_.replica.policy.max_batch_size = 1;
  options_.replica.admission.queue_capacity = 400;
  workload::RequestClass interactive = Within(absl::Milliseconds(500));
  interactive.deadline = absl::Milliseconds(500);
  workload::RequestClass batch = Within(absl::Minutes(10));
  batch.weight = 3;
  batch.batch_priority = true;
  workload_ = workload::Workload({interactive, batch});
  const SimulationResult result = Run(160);
  EXPECT_EQ(result.count(SimulatedOutcome::kInfeasible), 0u);
  EXPECT_EQ(result.count(SimulatedOutcome::kExpired), 0u);
  EXPECT_EQ(result.classes[0].good, result.classes[0].requests);
}

TEST_F(SimulatorTest, WhatWasAdmittedIsAnsweredInTimeThoughOthersOvertakeIt) {
  // 120 requests/s where 100 can be served: those with little time overtake those with much.
  options_.replica.policy.max_batch_size = 1;
  workload::RequestClass hasty = Within(absl::Milliseconds(150));
  hasty.deadline = absl::Milliseconds(150);
  workload::RequestClass patient = Within(absl::Seconds(2));
  patient.deadline = absl::Seconds(2);
  workload_ = workload::Workload({hasty, patient});
  const SimulationResult result = Run(120);
  EXPECT_LT(static_cast<double>(result.count(SimulatedOutcome::kExpired)),
            0.005 * static_cast<double>(result.requests));
  EXPECT_GT(result.attainment(), 0.8);
}

TEST_F(SimulatorTest, InOverloadWhatIsAdmittedIsAnsweredInTimeAndBatchesStayLarge) {
  // Full batches carry 139 requests/s on each lane.
  costs_ = Measured(StraightCosts({{{0.9, 0.13}, {3.3, 1.65}, {0.66, 0.66}}}, 0.9));
  options_.replica.policy.max_batch_size = 8;
  options_.request_count = 10'000;
  const auto within = [](int deadline_ms) {
    workload::RequestClass kind = Within(absl::Milliseconds(deadline_ms));
    kind.deadline = absl::Milliseconds(deadline_ms);
    kind.steps = {3};
    return kind;
  };
  const struct {
    std::string what;
    std::vector<workload::RequestClass> classes;
    double rate;
    int lanes;
    double least_attainment;
  } kCases[] = {
      {"a little too much", {within(300)}, 145, 1, 0.85},
      {"far too much", {within(300)}, 200, 1, 0.6},
      {"hasty ones overtake patient ones", {within(150), within(2000)}, 145, 1, 0.85},
      {"on two lanes", {within(150), within(2000)}, 290, 2, 0.85},
  };
  for (const auto& [what, classes, rate, lanes, least_attainment] : kCases) {
    workload_ = workload::Workload(classes);
    options_.replica.lanes = lanes;
    const SimulationResult result = Run(rate);
    EXPECT_LE(result.count(SimulatedOutcome::kExpired), result.requests / 1000) << what;
    EXPECT_GT(result.attainment(), least_attainment) << what;
  }
}

TEST_F(SimulatorTest, TheSameOptionsGiveTheSameResult) {
  const SimulationResult first = Run(200, 3);
  const SimulationResult second = Run(200, 3);
  EXPECT_EQ(first.good, second.good);
  EXPECT_EQ(first.latencies, second.latencies);
  EXPECT_EQ(first.usage.busy, second.usage.busy);
}

TEST_F(SimulatorTest, TheThresholdSeesFailuresAsInfinitelyLate) {
  options_.replica.admission.queue_capacity = 3;
  options_.replica.policy.max_batch_size = 1;
  const SimulationResult result = Run(150);
  EXPECT_TRUE(std::isinf(result.threshold_latency));
  EXPECT_FALSE(std::isinf(result.latencies.back()));
  EXPECT_FALSE(Meets(result, {99, absl::Hours(1)}));
}

TEST_F(SimulatorTest, ATraceSaysWhatComesWhen) {
  std::vector<workload::TraceEntry> trace(3);
  for (int i = 0; i < 3; ++i) {
    trace[i].arrival = absl::Milliseconds(20 * i);
    trace[i].draw.steps = i + 1;
  }
  workload_ = workload::Workload({Within(absl::Milliseconds(20))}, trace);
  const SimulationResult result = Run(1);
  EXPECT_EQ(result.requests, 3u);
  EXPECT_EQ(result.denoise_steps, 6u);
  EXPECT_EQ(result.good, 2u) << "10 and 16 ms are within 20 ms, 22 ms are not";
  EXPECT_DOUBLE_EQ(result.seconds, 0.062);
}

TEST_F(SimulatorTest, AModelWithoutCostsIsRefused) {
  workload::RequestClass other;
  other.model = "other";
  workload_ = workload::Workload({other});
  EXPECT_EQ(Simulator::Create(options_, workload_, costs_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(FewestReplicasTest, FindsTheSmallestNumberThatPasses) {
  for (int needed = 1; needed <= 40; ++needed) {
    int tries = 0;
    const auto found = FewestReplicas(40, [&](int replicas) {
      ++tries;
      return replicas >= needed;
    });
    EXPECT_EQ(found, needed);
    EXPECT_LE(tries, 12);
  }
  EXPECT_FALSE(FewestReplicas(40, [](int) { return false; }).has_value());
}

}  // namespace
}  // namespace strobe::server
