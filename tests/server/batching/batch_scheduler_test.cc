#include "server/batching/batch_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/recording_sink.h"

namespace strobe::server {
namespace {

using ::testing::HasSubstr;

class BatchSchedulerTest : public ::testing::Test {
 protected:
  BatchSchedulerTest() {
    options_.policy.max_batch_size = 8;
    options_.hang_timeout = absl::Seconds(30);
    scheduler_ = std::make_unique<BatchScheduler>(options_, metrics_);
    scheduler_->SetCosts(DeviceCosts());
    lane_ = scheduler_->AddLane(0);
  }

  void Add(int images) {
    GenerationRequest request;
    request.arrival = clock_.Now();
    for (int i = 0; i < images; ++i) {
      model::GenerationSpec spec;
      spec.width = spec.height = 16;
      request.samples.push_back(spec);
    }
    scheduler_->Add(
        std::make_shared<GenerationTask>(std::move(request), std::make_shared<RecordingSink>()),
        clock_.Now());
  }

  // Lets the engine say `status` of the batch; its samples go on unless it is told otherwise.
  std::optional<FatalFault> Finish(BatchScheduler::Decision& decision, const absl::Status& status,
                                   bool goes_on = true) {
    BatchResult result;
    result.batch_size = static_cast<int>(decision.members.size());
    result.status = status;
    result.duration = absl::Seconds(1);
    result.goes_on.assign(decision.members.size(), goes_on);
    return scheduler_->Finish(lane_, decision.batch, decision.members, result, clock_.Now());
  }

  BatchingOptions options_;
  prometheus::Registry registry_;
  BatchMetrics metrics_{registry_};
  FakeClock clock_;
  std::unique_ptr<BatchScheduler> scheduler_;
  int lane_ = 0;
};

TEST_F(BatchSchedulerTest, CountsWhatWaitsAndRuns) {
  EXPECT_TRUE(scheduler_->idle());
  Add(3);
  EXPECT_EQ(scheduler_->load().waiting_samples, 3);
  auto decision = scheduler_->Decide(lane_, clock_.Now());
  EXPECT_EQ(decision.members.size(), 3u);
  EXPECT_EQ(scheduler_->load().waiting_samples, 0);
  EXPECT_EQ(scheduler_->load().running_samples, 3);
  EXPECT_FALSE(scheduler_->idle());
  EXPECT_FALSE(Finish(decision, absl::OkStatus(), /*goes_on=*/false).has_value());
  EXPECT_TRUE(scheduler_->idle());
  EXPECT_TRUE(scheduler_->Live().empty());
  EXPECT_EQ(scheduler_->costs().of(0).Predict(Stage::kEncodePrompt, {0, 16, 16}, 3),
            absl::Seconds(1));
}

TEST_F(BatchSchedulerTest, WhatDidNotFitWaitsAgainAndIsTriedInHalves) {
  Add(8);
  for (const int size : {8, 4, 2, 1}) {
    auto decision = scheduler_->Decide(lane_, clock_.Now());
    EXPECT_EQ(static_cast<int>(decision.members.size()), size);
    EXPECT_FALSE(Finish(decision, absl::ResourceExhaustedError("full")).has_value());
    EXPECT_EQ(scheduler_->load().waiting_samples, 8);
  }
  // What failed is no cost of that batch.
  EXPECT_EQ(scheduler_->costs().of(0).Predict(Stage::kEncodePrompt, {0, 16, 16}, 8),
            absl::ZeroDuration());
}

TEST_F(BatchSchedulerTest, ALostDeviceIsAFatalFaultThatSaysWhatTheEngineSaid) {
  Add(1);
  auto decision = scheduler_->Decide(lane_, clock_.Now());
  const auto fault = Finish(decision, absl::UnavailableError("CUDA error 700"), false);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->kind, EngineFault::kDeviceLost);
  EXPECT_THAT(fault->description, HasSubstr("CUDA error 700"));
}

TEST_F(BatchSchedulerTest, AnErrorOfABatchIsNotFatal) {
  Add(1);
  auto decision = scheduler_->Decide(lane_, clock_.Now());
  EXPECT_FALSE(Finish(decision, absl::InternalError("shape"), false).has_value());
}

TEST_F(BatchSchedulerTest, ABatchThatRunsForTooLongHangs) {
  Add(2);
  const auto decision = scheduler_->Decide(lane_, clock_.Now());
  EXPECT_FALSE(scheduler_->FindHungStage(clock_.Now() + absl::Seconds(30)).has_value());
  const auto fault = scheduler_->FindHungStage(clock_.Now() + absl::Seconds(31));
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->kind, EngineFault::kHung);
  EXPECT_THAT(fault->description,
              HasSubstr("encode_prompt of a batch of 2 at 16x16 has run for 31s"));
}

}  // namespace
}  // namespace strobe::server
