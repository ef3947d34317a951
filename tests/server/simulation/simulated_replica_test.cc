#include "server/simulation/simulated_replica.h"

#include <map>
#include <random>
#include <utility>

#include "gtest/gtest.h"
#include "tests/server/simulation/cost_curves.h"

namespace strobe::server {
namespace {

absl::Duration Ms(double ms) { return absl::Microseconds(ms * 1000); }

class SimulatedReplicaTest : public ::testing::Test {
 protected:
  // A lone request of two steps takes 1 + 2 * 10 + 4 ms; batches cost no more than one sample.
  CostFile measured_ = Measured(StraightCosts({{{1, 0}, {10, 0}, {4, 0}}}));
  ReplicaOptions options_;
  ReplicaMetrics metrics_;
  std::map<uint64_t, SimulatedEnd> ends_;

  std::unique_ptr<SimulatedReplica> MakeReplica() {
    return std::make_unique<SimulatedReplica>(
        options_, measured_, metrics_, [this](const SimulatedEnd& end) {
          EXPECT_TRUE(ends_.emplace(end.number, end).second) << "ended twice: " << end.number;
        });
  }

  SimulatedRequest Request(uint64_t number, double arrival_ms, int steps = 2) {
    SimulatedRequest request;
    request.number = number;
    request.model = TinyModel();
    request.admission.key = kSmall;
    request.admission.denoise_steps = steps;
    request.admission.least_denoise_steps = request.min_denoise_steps = steps;
    request.admission.arrival = absl::UnixEpoch() + Ms(arrival_ms);
    return request;
  }
};

TEST_F(SimulatedReplicaTest, ALoneRequestTakesItsStages) {
  const auto replica = MakeReplica();
  replica->Arrive(Request(1, 100));
  replica->Finish();
  EXPECT_EQ(ends_.at(1).outcome, SimulatedOutcome::kOk);
  EXPECT_EQ(ends_.at(1).latency, Ms(25));
  EXPECT_EQ(ends_.at(1).denoise_steps, 2);
  EXPECT_EQ(replica->usage().busy, Ms(25));
  EXPECT_EQ(replica->usage().batches[Stage::kEncodePrompt], 1);
  EXPECT_EQ(replica->usage().batches[Stage::kDenoise], 2);
  EXPECT_EQ(replica->usage().batches[Stage::kDecode], 1);
}

TEST_F(SimulatedReplicaTest, RequestsJoinTheBatchesOfOthersAtAnyStep) {
  const auto replica = MakeReplica();
  replica->Arrive(Request(1, 0, /*steps=*/3));
  replica->Arrive(Request(2, 5));  // during the first step of the other one
  replica->Finish();
  // Its prompt is encoded at 11 ms, then both take two steps and are decoded together.
  EXPECT_EQ(ends_.at(1).latency, Ms(1 + 10 + 1 + 20 + 4));
  EXPECT_EQ(ends_.at(2).latency, Ms(36 - 5));
  EXPECT_EQ(replica->usage().batches[Stage::kDenoise], 3);
  EXPECT_EQ(replica->usage().samples[Stage::kDenoise], 5);
}

TEST_F(SimulatedReplicaTest, TwoLanesWorkSideBySide) {
  options_.lanes = 2;
  options_.policy.max_batch_size = 1;
  const auto replica = MakeReplica();
  replica->Arrive(Request(1, 0));
  replica->Arrive(Request(2, 0));
  replica->Finish();
  EXPECT_EQ(ends_.at(1).latency, Ms(25));
  EXPECT_EQ(ends_.at(2).latency, Ms(25));
}

TEST_F(SimulatedReplicaTest, AFullQueueSheds) {
  options_.admission.queue_capacity = 2;
  const auto replica = MakeReplica();
  for (int i = 1; i <= 3; ++i) replica->Arrive(Request(i, 0));
  replica->Arrive(Request(4, 1000));
  replica->Finish();
  EXPECT_EQ(ends_.at(3).outcome, SimulatedOutcome::kShed);
  EXPECT_EQ(ends_.at(4).outcome, SimulatedOutcome::kOk) << "the places are given back";
}

TEST_F(SimulatedReplicaTest, AnInfeasibleDeadlineIsRefusedAtArrival) {
  const auto replica = MakeReplica();
  SimulatedRequest request = Request(1, 0);
  request.admission.deadline = request.admission.arrival + Ms(24);
  replica->Arrive(request);
  EXPECT_EQ(ends_.at(1).outcome, SimulatedOutcome::kInfeasible);
  replica->Finish();
  EXPECT_EQ(replica->usage().busy, absl::ZeroDuration());
}

TEST_F(SimulatedReplicaTest, WhatTurnsOutTooSlowExpiresAndIsWasted) {
  measured_.costs = DeviceCosts(StraightCosts({{{1, 0}, {10, 0}, {4, 0}}}, /*best=*/0.5));
  const auto replica = MakeReplica();
  SimulatedRequest request = Request(1, 0);
  request.admission.deadline = request.admission.arrival + Ms(14);
  replica->Arrive(request);
  replica->Finish();
  EXPECT_EQ(ends_.at(1).outcome, SimulatedOutcome::kExpired);
  EXPECT_EQ(replica->usage().wasted, replica->usage().busy);
  EXPECT_LT(replica->usage().busy, Ms(25)) << "the rest is not run";
}

TEST_F(SimulatedReplicaTest, BestEffortEndsWithFewerSteps) {
  measured_.costs = DeviceCosts(StraightCosts({{{1, 0}, {10, 0}, {4, 0}}}, /*best=*/0.5));
  const auto replica = MakeReplica();
  SimulatedRequest request = Request(1, 0, /*steps=*/3);
  request.best_effort = true;
  request.admission.least_denoise_steps = 1;
  request.admission.deadline = request.admission.arrival + Ms(20);
  replica->Arrive(request);
  replica->Finish();
  EXPECT_EQ(ends_.at(1).outcome, SimulatedOutcome::kOk);
  EXPECT_EQ(ends_.at(1).denoise_steps, 1);
  EXPECT_EQ(ends_.at(1).latency, Ms(15));
}

// Any number of images that is admitted as best effort is answered, with the more steps the later
// its deadline, whatever a batch saves and however many fit in one.
TEST_F(SimulatedReplicaTest, OnAQuietServerBestEffortIsAnsweredWheneverItWasAdmitted) {
  const std::array<std::array<StageLine, 3>, 3> kCurves = {{
      {{{1, 0.2}, {5, 2}, {3, 1}}},
      {{{1, 0}, {10, 0}, {4, 0}}},  // a batch costs what one sample does
      {{{0, 1}, {0, 10}, {0, 4}}},  // nothing is saved
  }};
  constexpr std::pair<int, int> kServers[] = {{3, 1}, {4, 1}, {8, 1}, {8, 2}, {5, 3}};
  int admitted = 0, answered = 0;
  uint64_t number = 0;
  for (const auto& curves : kCurves) {
    measured_.costs = DeviceCosts(StraightCosts(curves));
    for (const auto& [max_batch, lanes] : kServers) {
      options_.policy.max_batch_size = max_batch;
      options_.lanes = lanes;
      const auto replica = MakeReplica();
      for (int images = 1; images <= 16; ++images) {
        const absl::Duration solo = measured_.costs.PredictTogether(
            kSmall, StagePlan(model::kTextToImage, 4), images, max_batch);
        int steps_before = 0;
        for (double part = 0.303; part < 1.2; part += 0.05) {
          ++number;
          SimulatedRequest request = Request(number, 1e5 * static_cast<double>(number), 4);
          request.best_effort = true;
          request.admission.least_denoise_steps = 1;
          request.admission.num_samples = images;
          request.admission.deadline = request.admission.arrival + solo * part;
          replica->Arrive(request);
          replica->Finish();
          const SimulatedEnd& end = ends_.at(number);
          if (end.outcome == SimulatedOutcome::kInfeasible) continue;
          ++admitted;
          answered += end.outcome == SimulatedOutcome::kOk;
          EXPECT_GE(end.denoise_steps, steps_before);
          steps_before = end.denoise_steps;
        }
        EXPECT_EQ(steps_before, 4 * images);
      }
    }
  }
  EXPECT_GT(admitted, 3000);
  EXPECT_GE(answered, 0.99 * admitted);
}

TEST_F(SimulatedReplicaTest, UnderLoadARequestThatAllowsItGetsFewerSteps) {
  options_.policy.max_batch_size = 1;
  const auto replica = MakeReplica();
  for (int i = 1; i <= 60; ++i) {
    SimulatedRequest request = Request(i, 0, /*steps=*/4);
    request.min_denoise_steps = request.admission.least_denoise_steps = 1;
    replica->Arrive(request);
  }
  replica->Finish();
  EXPECT_EQ(ends_.at(1).denoise_steps, 4) << "nobody else was there";
  EXPECT_EQ(ends_.at(2).denoise_steps, 1);
}

TEST_F(SimulatedReplicaTest, ACancelledRequestLeavesAtTheNextBoundary) {
  const auto replica = MakeReplica();
  SimulatedRequest request = Request(1, 0, /*steps=*/3);
  request.cancelled_at = request.admission.arrival + Ms(5);
  replica->Arrive(request);
  replica->Finish();
  EXPECT_EQ(ends_.at(1).outcome, SimulatedOutcome::kCancelled);
  EXPECT_EQ(ends_.at(1).latency, Ms(11));
  EXPECT_EQ(replica->usage().wasted, Ms(11));
}

TEST_F(SimulatedReplicaTest, ImagesOfARequestEndItTogether) {
  const auto replica = MakeReplica();
  SimulatedRequest request = Request(1, 0);
  request.admission.num_samples = 12;  // more than a batch
  replica->Arrive(request);
  replica->Finish();
  EXPECT_EQ(ends_.size(), 1u);
  EXPECT_EQ(ends_.at(1).denoise_steps, 24);
}

TEST_F(SimulatedReplicaTest, EveryRequestOfAStormEndsOnceAndLeavesNothing) {
  measured_.costs = DeviceCosts(StraightCosts({{{1, 0.2}, {5, 2}, {3, 1}}}, /*best=*/0.8));
  options_.devices = 2;
  options_.lanes = 2;
  options_.admission.queue_capacity = 40;
  const auto replica = MakeReplica();
  std::mt19937 random(7);
  double now_ms = 0;
  constexpr int kRequests = 20'000;
  for (int i = 0; i < kRequests; ++i) {
    now_ms += random() % 5;
    SimulatedRequest request = Request(i, now_ms, 1 + random() % 4);
    request.admission.num_samples = 1 + random() % 3;
    request.best_effort = random() % 3 == 0;
    if (random() % 3 == 0) request.min_denoise_steps = 1;
    request.admission.least_denoise_steps = request.best_effort ? 1 : request.min_denoise_steps;
    if (random() % 4 == 0) request.admission.key.width = 128;
    if (random() % 2 == 0) {
      request.admission.deadline = request.admission.arrival + Ms(random() % 200);
    }
    if (random() % 5 == 0) request.cancelled_at = request.admission.arrival + Ms(random() % 60);
    if (random() % 4 == 0) request.priority = Priority::kBatch;
    replica->Arrive(request);
  }
  replica->Finish();
  EXPECT_EQ(ends_.size(), static_cast<size_t>(kRequests));
  std::map<SimulatedOutcome, int> outcomes;
  for (const auto& [number, end] : ends_) ++outcomes[end.outcome];
  EXPECT_EQ(outcomes.size(), 5u) << "the storm is to have every outcome";
  // All places are free again.
  for (int i = 0; i < 40; ++i) replica->Arrive(Request(kRequests + i, now_ms + 1e6));
  replica->Finish();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(ends_.at(kRequests + i).outcome, SimulatedOutcome::kOk);
  }
}

}  // namespace
}  // namespace strobe::server
