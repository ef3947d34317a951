#include "client/load/load_runner.h"

#include <algorithm>
#include <string>
#include <vector>

#include "client/channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_image_service.h"
#include "workload/workload_file.h"

namespace strobe::client {
namespace {

using ::testing::ElementsAre;

class LoadRunnerTest : public ::testing::Test {
 protected:
  LoadRunnerTest() {
    service_.events = {AcceptedEvent("id"), ImageEvent(0, 7, "png bytes"), CompletedEvent(1)};
  }

  LoadPlan Closed(int concurrency, uint64_t count) {
    LoadPlan plan;
    plan.concurrency = concurrency;
    plan.request_count = count;
    return plan;
  }

  LoadPlan Open(double rate, uint64_t count) {
    LoadPlan plan;
    plan.kind = LoadKind::kRate;
    plan.concurrency = 0;
    plan.arrivals.process = workload::ArrivalProcess::kConstant;
    plan.arrivals.rate = rate;
    plan.request_count = count;
    return plan;
  }

  LoadRun Run(
      const LoadPlan& plan, const LoadRunner::OnProgress& on_progress = [](const auto&) {}) {
    return LoadRunner(*MakeLoadChannels({.address = server_.address}, 2), workload_, plan,
                      canceller_)
        .Run(on_progress);
  }

  FakeImageService service_;
  FakeServer server_{service_};
  workload::Workload workload_{{workload::RequestClass()}};
  Canceller canceller_;
};

TEST_F(LoadRunnerTest, AnOpenLoopSendsEachRequestForItsTimeOfTheSchedule) {
  const LoadRun run = Run(Open(1000, 30));
  ASSERT_EQ(run.records.size(), 30u);
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(run.records[i].index, static_cast<uint64_t>(i));
    EXPECT_EQ(run.records[i].intended, i * absl::Milliseconds(1));
    EXPECT_GE(run.records[i].sent, run.records[i].intended);
    EXPECT_TRUE(run.records[i].ok());
  }
  EXPECT_FALSE(run.interrupted);
}

TEST_F(LoadRunnerTest, ARecordTellsWhatCameWhen) {
  const LoadRun run = Run(Closed(1, 1));
  const RequestRecord& record = run.records.at(0);
  EXPECT_LE(record.intended, record.sent);
  EXPECT_LE(record.sent, record.first_event);
  EXPECT_LE(record.first_event, record.first_image);
  EXPECT_LE(record.first_image, record.ended);
  EXPECT_EQ(record.first_partial, absl::InfiniteDuration());
  EXPECT_EQ(record.images, 1);
  EXPECT_EQ(record.steps_done, 3);
  EXPECT_EQ(record.bytes, 9);
  EXPECT_EQ(record.split.denoise, absl::Microseconds(42'500));
  EXPECT_EQ(record.split.total, absl::Milliseconds(50));
  EXPECT_THAT(record.batches.denoise, ElementsAre(8));
}

TEST_F(LoadRunnerTest, AClosedLoopNeverHasMoreInFlightThanItHasCallers) {
  const LoadRun run = Run(Closed(3, 60));
  EXPECT_EQ(run.records.size(), 60u);
  EXPECT_EQ(service_.requests.size(), 60u);
  EXPECT_LE(service_.max_in_flight, 3);
}

TEST_F(LoadRunnerTest, OfflineMeansAllAtOnce) {
  LoadPlan plan = Open(1, 20);
  plan.kind = LoadKind::kOffline;
  for (const RequestRecord& record : Run(plan).records) {
    EXPECT_EQ(record.intended, absl::ZeroDuration());
    EXPECT_TRUE(record.ok());
  }
}

TEST_F(LoadRunnerTest, ATraceIsReplayedAsItIs) {
  workload_ = *workload::ParseTrace(
      "{\"arrival\": 0, \"prompt\": \"first\", \"seed\": 5}\n"
      "{\"arrival\": 0.02, \"prompt\": \"second\", \"steps\": 3, \"deadline\": 10}\n");
  LoadPlan plan = Open(1, 2);
  plan.kind = LoadKind::kTrace;
  const LoadRun run = Run(plan);
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_EQ(run.records[1].intended, absl::Milliseconds(20));
  ASSERT_EQ(service_.requests.size(), 2u);
  EXPECT_EQ(service_.requests[0].prompt(), "first");
  EXPECT_EQ(service_.requests[0].seed(), 5u);
  EXPECT_EQ(service_.requests[1].prompt(), "second");
  EXPECT_EQ(service_.requests[1].num_inference_steps(), 3);
  EXPECT_TRUE(service_.had_deadline);
}

TEST_F(LoadRunnerTest, WarmUpRequestsAreMarkedAndDoNotCount) {
  LoadPlan plan = Open(2000, 20);
  plan.warmup_requests = 5;
  const LoadRun run = Run(plan);
  ASSERT_EQ(run.records.size(), 25u);
  for (const RequestRecord& record : run.records) EXPECT_EQ(record.warmup, record.index < 5);
  EXPECT_EQ(run.begin, run.records[5].intended);
}

TEST_F(LoadRunnerTest, WindowsAreMeasuredUntilTheyAgreeOrTheTrialsAreUsedUp) {
  LoadPlan plan = Open(500, 0);
  plan.windows.interval = absl::Milliseconds(40);
  plan.windows.max_trials = 4;
  const LoadRun run = Run(plan);
  EXPECT_THAT(run.trials, ::testing::AllOf(::testing::Ge(3), ::testing::Le(4)));
  EXPECT_EQ(run.end - run.begin, absl::Milliseconds(120));
}

TEST_F(LoadRunnerTest, PlannedCancellationsAreSent) {
  service_.wait_for_cancel = true;
  service_.events.resize(1);
  workload::RequestClass leaver;
  leaver.cancel_share = 1;
  leaver.cancel_after = absl::Milliseconds(5);
  workload_ = workload::Workload({leaver});
  const LoadRun run = Run(Open(1000, 4));
  for (const RequestRecord& record : run.records) {
    EXPECT_TRUE(record.cancelled_as_planned());
    EXPECT_GE(record.ended, record.intended + absl::Milliseconds(5));
  }
}

TEST_F(LoadRunnerTest, AnInterruptEndsTheSendingAndWhatIsInFlight) {
  service_.wait_for_cancel = true;
  const LoadRun run = Run(Closed(2, 100), [this](const LoadProgress&) { canceller_.Cancel(); });
  EXPECT_TRUE(run.interrupted);
  EXPECT_LE(run.records.size(), 2u);
  for (const RequestRecord& record : run.records) {
    EXPECT_EQ(record.code, grpc::StatusCode::CANCELLED);
  }
}

TEST_F(LoadRunnerTest, ErrorsAreRecordedWithTheirReason) {
  service_.events.clear();
  service_.status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};
  const LoadRun run = Run(Closed(1, 3));
  for (const RequestRecord& record : run.records) {
    EXPECT_EQ(record.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(record.message, "full");
    EXPECT_EQ(record.images, 0);
  }
}

TEST_F(LoadRunnerTest, ARefusedRequestIsSentAgainAsOftenAsItMay) {
  service_.refusals = 3;
  LoadPlan plan = Closed(1, 2);
  plan.max_attempts = 3;
  const LoadRun run = Run(plan);
  ASSERT_EQ(run.records.size(), 2u);
  EXPECT_EQ(run.records[0].code, grpc::StatusCode::RESOURCE_EXHAUSTED) << "three times";
  EXPECT_EQ(run.records[0].retries, 2);
  EXPECT_GE(run.records[0].latency(), 2 * kRetryDelay) << "one request to its caller";
  EXPECT_LT(run.records[0].send_lag(), kRetryDelay) << "of the first time";
  EXPECT_TRUE(run.records[1].ok());
  EXPECT_EQ(service_.requests.size(), 4u);
}

TEST_F(LoadRunnerTest, ARetryThatSucceedsLeavesNoError) {
  service_.refusals = 1;
  LoadPlan plan = Open(1000, 3);
  plan.max_attempts = 2;
  int retries = 0;
  for (const RequestRecord& record : Run(plan).records) {
    EXPECT_TRUE(record.ok());
    EXPECT_EQ(record.message, "");
    EXPECT_EQ(record.images, 1);
    retries += record.retries;
  }
  EXPECT_EQ(retries, 1);
}

TEST_F(LoadRunnerTest, NothingIsSentAgainBeyondItsDeadline) {
  service_.refusals = 10;
  workload::RequestClass hasty;
  hasty.deadline = kRetryDelay / 2;
  workload_ = workload::Workload({hasty});
  LoadPlan plan = Closed(1, 2);
  plan.max_attempts = 5;
  for (const RequestRecord& record : Run(plan).records) EXPECT_EQ(record.retries, 0);
}

TEST_F(LoadRunnerTest, AnInterruptEndsWhatWaitsForItsRetry) {
  service_.refusals = 1000;
  LoadPlan plan = Closed(2, 100);
  plan.max_attempts = 1000;
  const LoadRun run = Run(plan, [this](const LoadProgress& progress) {
    if (progress.elapsed > kRetryDelay) canceller_.Cancel();
  });
  EXPECT_TRUE(run.interrupted);
  ASSERT_EQ(run.records.size(), 2u);
  for (const RequestRecord& record : run.records) EXPECT_FALSE(record.ok());
}

TEST_F(LoadRunnerTest, AStreamThatEndsBeforeItsLastEventIsDataLoss) {
  service_.events.pop_back();
  EXPECT_EQ(Run(Closed(1, 1)).records.at(0).code, grpc::StatusCode::DATA_LOSS);
}

TEST_F(LoadRunnerTest, AServerThatIsGoneIsUnavailable) {
  server_.Leave();
  for (const RequestRecord& record : Run(Closed(2, 4)).records) {
    EXPECT_EQ(record.code, grpc::StatusCode::UNAVAILABLE);
  }
}

TEST_F(LoadRunnerTest, KeepsAShareOfThePicturesForTheCheck) {
  LoadPlan plan = Closed(4, 100);
  plan.kept_share = 0.1;
  plan.max_kept = 1000;
  EXPECT_NEAR(static_cast<double>(Run(plan).kept.size()), 10, 2);
  plan.max_kept = 3;
  const LoadRun run = Run(plan);
  ASSERT_EQ(run.kept.size(), 3u);
  EXPECT_EQ(run.kept[0].images.at(0).data(), "png bytes");
}

TEST_F(LoadRunnerTest, PicturesThatAreNoneOrOfAnotherSizeAreCounted) {
  EXPECT_EQ(Run(Closed(1, 1)).records.at(0).corrupt_images, 1) << "png bytes";
  workload::RequestClass sized;
  sized.sizes = {{64, 64}};
  workload_ = workload::Workload({sized});
  EXPECT_EQ(Run(Closed(1, 1)).records.at(0).wrong_size_images, 1);
}

}  // namespace
}  // namespace strobe::client
