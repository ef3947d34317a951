#include "server/rpc/result_stream.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/rpc/service_fixture.h"

namespace strobe::server {
namespace {

constexpr size_t kMebibyte = 1 << 20;

int CallsWith(const FakeStageEngine& engine, const std::string& prompt) {
  int count = 0;
  for (const EngineCall& call : engine.calls()) {
    count += std::count(call.prompts.begin(), call.prompts.end(), prompt);
  }
  return count;
}

TEST_F(ServiceTest, CancelledWhileQueuedNeverReachesTheEngine) {
  engine_.Block();
  const auto running = Open(Request("running"));
  engine_.WaitForCalls(1);
  const auto queued = Open(Request("queued"));
  ExpectAccepted(*queued);
  queued->context.TryCancel();
  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.outcome, Outcome::kCancelled);
  EXPECT_EQ(record.reason, "CANCELLED");
  engine_.Release();
  grpc::Status status;
  ReadAll(*running, &status);
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(CallsWith(engine_, "queued"), 0);
}

TEST_F(ServiceTest, CancelledWhileDenoisingLeavesAtTheNextBoundary) {
  engine_.Block();
  v1::GenerateImagesRequest request = Request("cancelled");
  request.set_num_inference_steps(4);
  const auto call = Open(request);
  engine_.WaitForCalls(1);
  engine_.Step();
  engine_.WaitForCalls(2);
  call->context.TryCancel();
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kCancelled);
  engine_.Release();
  grpc::Status status;
  ReadAll(*call, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(Generate(Request("neighbour")).ok());
  EXPECT_EQ(CallsWith(engine_, "cancelled"), 2);
}

TEST_F(ServiceTest, WhatDeliveryTakesIsPartOfTheEstimate) {
  consumer_.SetEncoding([this] { clock_.Advance(absl::Milliseconds(20)); });
  std::vector<v1::GenerateImagesResponse> events;
  ASSERT_TRUE(Generate(Request("the first"), &events).ok());
  EXPECT_EQ(events.front().accepted().estimated_duration().nanos(), 0);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Generate(Request("slow to send")).ok());
  events.clear();
  ASSERT_TRUE(Generate(Request("the last"), &events).ok());
  EXPECT_GT(events.front().accepted().estimated_duration().nanos(), 500'000);
}

TEST_F(ServiceTest, CancelledWhileStreamingEndsOnce) {
  consumer_.bytes_per_picture = kMebibyte;
  const auto call = Open(Request("streaming", 8));
  consumer_.WaitFor(8);
  call->context.TryCancel();
  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.outcome, Outcome::kCancelled);
  EXPECT_LT(record.images_sent, 8);
}

TEST_F(ServiceTest, ReaderThatStopsReadingIsCutOff) {
  consumer_.bytes_per_picture = kMebibyte;
  const auto call = Open(Request("slow reader", 8));
  consumer_.WaitFor(8);
  core_->CheckCalls();
  EXPECT_FALSE(HasRecords(1, absl::ZeroDuration()));
  while (!HasRecords(1, absl::Milliseconds(20))) {
    clock_.Advance(absl::Seconds(30));
    core_->CheckCalls();
  }
  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.outcome, Outcome::kFailed);
  EXPECT_EQ(record.reason, "SLOW_READER");
  grpc::Status status;
  ReadAll(*call, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServiceTest, ReaderThatReadsSlowlyGetsEverything) {
  consumer_.bytes_per_picture = kMebibyte;
  const auto call = Open(Request("patient", 8));
  consumer_.WaitFor(8);
  int images = 0;
  for (v1::GenerateImagesResponse event; call->reader->Read(&event);) {
    clock_.Advance(absl::Milliseconds(100));
    core_->CheckCalls();
    images += event.has_image();
  }
  EXPECT_TRUE(call->reader->Finish().ok());
  EXPECT_EQ(images, 8);
}

TEST_F(ServiceTest, DeadlineThatPassesWhileRunningEndsTheCall) {
  CostModel warm;
  warm.Observe(Stage::kEncodePrompt, {1, 16, 16}, 1, absl::Milliseconds(10));
  Start({.queue_capacity = 16}, warm);
  engine_.Block();
  const auto call = Open(Request("late"));
  engine_.WaitForCalls(1);
  core_->CheckCalls();
  EXPECT_FALSE(HasRecords(1, absl::ZeroDuration()));
  ExpectAccepted(*call);
  clock_.Advance(absl::Seconds(61));
  intake_->deadlines().CheckNow();
  grpc::Status status;
  ReadAll(*call, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kExpired);
  EXPECT_EQ(WaitForRecord(0).reason, "DEADLINE_EXPIRED");
  engine_.Release();  // the stage that took a minute does not keep out the next request of 60 s
}

TEST_F(ServiceTest, CallWithoutDeadlineHasTheServersMaximum) {
  Start({.queue_capacity = 16, .max_request_duration = absl::Seconds(10)});
  engine_.Block();
  Call call;
  call.reader = stub_->GenerateImages(&call.context, Request("endless"));
  engine_.WaitForCalls(1);
  ExpectAccepted(call);
  clock_.Advance(absl::Seconds(10));
  intake_->deadlines().CheckNow();
  grpc::Status status;
  ReadAll(call, &status);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ServiceTest, CutOffEndsWaitingRunningAndStuckCallsOnceAndWithoutTheEngine) {
  consumer_.bytes_per_picture = kMebibyte;
  const auto stuck = Open(Request("reads nothing", 8));
  consumer_.WaitFor(8);
  const int calls = static_cast<int>(engine_.calls().size());
  engine_.Block();
  const auto running = Open(Request("running"));
  ExpectAccepted(*running);
  engine_.WaitForCalls(calls + 1);
  const auto waiting = Open(Request("waiting"));
  ExpectAccepted(*waiting);
  core_->CutOffCalls();
  clock_.Advance(absl::Milliseconds(100));  // for the write that is stuck
  core_->CheckCalls();
  EXPECT_EQ(Generate(Request("later")).error_code(), grpc::StatusCode::UNAVAILABLE);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(WaitForRecord(i).outcome, Outcome::kFailed);
    EXPECT_EQ(WaitForRecord(i).reason, "SHUTTING_DOWN");
  }
  for (const auto* call : {&stuck, &running, &waiting}) {
    grpc::Status status;
    ReadAll(**call, &status);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  engine_.Release();
  Start({.queue_capacity = 16});
}

TEST_F(ServiceTest, StoppedBatcherAnswersUnavailable) {
  engine_.Block();
  const auto call = Open(Request("running"));
  engine_.WaitForCalls(1);
  ExpectAccepted(*call);
  engine_.Release();
  batcher_->Stop();
  grpc::Status status;
  ReadAll(*call, &status);
  EXPECT_TRUE(status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Generate(Request("after")).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(WaitForRecord(1).outcome, Outcome::kRejected);
  Start({.queue_capacity = 16});
}

}  // namespace
}  // namespace strobe::server
