#include "server/batching/request_batcher.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"
#include "tests/server/batching/batcher_fixture.h"

namespace strobe::server {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Prompts = std::vector<std::string>;

// A batch of any size takes 100 ms a step, so that joining pays.
CostModel FlatCosts() {
  CostModel costs;
  for (const int size : {1, 8}) {
    costs.Observe(Stage::kEncodePrompt, kFakeKey, size, absl::Milliseconds(10));
    costs.Observe(Stage::kDenoise, kFakeKey, size, absl::Milliseconds(100));
    costs.Observe(Stage::kDecode, kFakeKey, size, absl::Milliseconds(40));
  }
  return costs;
}

class RequestBatcherTest : public BatcherFixture {
 protected:
  void UseFlatTimes() {
    engine.stage_time =
        TimesOf(absl::Milliseconds(10), absl::Milliseconds(100), absl::Milliseconds(40));
  }
};

TEST_F(RequestBatcherTest, DeliversEveryImageWithItsOwnSeedThenTheEnd) {
  Start();
  const Submitted made = Submit("a red circle", /*steps=*/3, /*images=*/4);
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  const auto pictures = made.sink->pictures();
  ASSERT_THAT(pictures, SizeIs(4));
  for (const SampleResult& picture : pictures) {
    const auto& spec = made.task->request().samples[picture.index];
    EXPECT_EQ(picture.image.pixels, FakeStageEngine::PictureOf(spec, 3).pixels);
    EXPECT_EQ(picture.steps_done, 3);
    EXPECT_EQ(picture.finish_reason, FinishReason::kStop);
  }
  EXPECT_THAT(made.sink->progress(), SizeIs(12));
  EXPECT_EQ(made.sink->violations(), 0);
  EXPECT_EQ(Metric("strobe_denoise_steps_total"), 12);
  EXPECT_EQ(Metric("strobe_batch_joins_total"), 0) << "they began together";
}

TEST_F(RequestBatcherTest, SamplesAtDifferentStepsShareABatch) {
  Start(8, FlatCosts());
  UseFlatTimes();
  engine.Block();
  const Submitted first = Submit("first", /*steps=*/3);
  engine.WaitForCalls(1);
  StepTo(2);  // its first step
  const Submitted second = Submit("second", /*steps=*/2);
  engine.Release();
  EXPECT_TRUE(first.sink->WaitForEnd().ok());
  EXPECT_TRUE(second.sink->WaitForEnd().ok());
  const auto calls = engine.calls();
  EXPECT_EQ(calls[2].stage, Stage::kEncodePrompt);
  EXPECT_THAT(calls[2].prompts, ElementsAre("second"));
  EXPECT_THAT(calls[3].prompts, ElementsAre("first", "second"));
  EXPECT_THAT(calls[3].steps_done, ElementsAre(1, 0));
  EXPECT_THAT(calls[4].steps_done, ElementsAre(2, 1));
  EXPECT_EQ(first.sink->pictures()[0].image.pixels,
            FakeStageEngine::PictureOf(first.task->request().samples[0], 3).pixels);
  EXPECT_EQ(second.sink->pictures()[0].image.pixels,
            FakeStageEngine::PictureOf(second.task->request().samples[0], 2).pixels);
  EXPECT_THAT(first.sink->pictures()[0].account.stages[Stage::kDenoise].batch_sizes,
              ElementsAre(1, 2, 2));
  EXPECT_EQ(Metric("strobe_mixed_step_batches_total"), 2);
  EXPECT_EQ(Metric("strobe_batch_joins_total"), 1) << "the second one, at its first step";
}

TEST_F(RequestBatcherTest, TheAccountSaysWhereTheTimeWent) {
  Start();
  UseFlatTimes();
  const Submitted plug = Plug();
  const Submitted made = Submit("counted", /*steps=*/2, /*images=*/2);
  clock.Advance(absl::Milliseconds(7));
  engine.Release();
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  const auto pictures = made.sink->pictures();
  ASSERT_THAT(pictures, SizeIs(2));
  for (const SampleResult& picture : pictures) {
    const SampleAccount& account = picture.account;
    EXPECT_EQ(account.queue, absl::Milliseconds(7 + 10 + 100 + 40));
    EXPECT_EQ(account.stages[Stage::kEncodePrompt].duration, absl::Milliseconds(10));
    EXPECT_EQ(account.stages[Stage::kDenoise].duration, absl::Milliseconds(200));
    EXPECT_EQ(account.stages[Stage::kDecode].duration, absl::Milliseconds(40));
    EXPECT_EQ(account.stages[Stage::kEncodePrompt].last_batch_size(), 2);
    EXPECT_THAT(account.stages[Stage::kDenoise].batch_sizes, ElementsAre(2, 2));
    EXPECT_EQ(account.stages[Stage::kDecode].last_batch_size(), 2);
  }
  EXPECT_EQ(Metric("strobe_batch_size_sum{stage=\"denoise\"}"), 1 + 2 + 2);
  EXPECT_EQ(Metric("strobe_queue_wait_seconds_count"), 3);
  EXPECT_NEAR(Metric("strobe_stage_duration_seconds_sum{stage=\"decode\"}"), 0.08, 1e-9);
  EXPECT_EQ(batcher->costs().of(0).Predict(Stage::kDenoise, kFakeKey, 2), absl::Milliseconds(100));
}

TEST_F(RequestBatcherTest, ACancelledSampleLeavesAtTheNextBoundaryAndDisturbsNobody) {
  Start();
  UseFlatTimes();
  const Submitted plug = Plug();
  const Submitted leaves = Submit("leaves", /*steps=*/2);
  const Submitted stays = Submit("stays", /*steps=*/2);
  StepTo(5);  // the first step of both
  ASSERT_THAT(engine.calls()[4].prompts, ElementsAre("leaves", "stays"));
  EXPECT_TRUE(leaves.task->Fail(absl::CancelledError("the caller left")));
  batcher->Wake();
  EXPECT_EQ(leaves.sink->WaitForEnd().code(), absl::StatusCode::kCancelled);
  engine.Release();
  EXPECT_TRUE(stays.sink->WaitForEnd().ok());
  const auto calls = engine.calls();
  for (std::size_t i = 5; i < calls.size(); ++i) EXPECT_EQ(calls[i].prompts, Prompts{"stays"});
  EXPECT_EQ(stays.sink->pictures()[0].image.pixels,
            FakeStageEngine::PictureOf(stays.task->request().samples[0], 2).pixels);
  // Half of a prompt encoding and half of a step.
  EXPECT_NEAR(Metric("strobe_wasted_compute_seconds_total{reason=\"cancelled\"}"), 0.055, 1e-9);
}

TEST_F(RequestBatcherTest, ACancelledRequestThatWaitsLeavesTheQueueAtOnce) {
  Start();
  const Submitted plug = Plug();
  const Submitted waits = Submit("waits", /*steps=*/1, /*images=*/5);
  EXPECT_EQ(batcher->load().waiting_samples, 5);
  EXPECT_EQ(batcher->load().running_samples, 1);
  EXPECT_EQ(Metric("strobe_queue_depth"), 5);
  waits.task->Fail(absl::CancelledError("the caller left"));
  batcher->Wake();
  while (batcher->load().waiting_samples != 0) std::this_thread::yield();
  EXPECT_EQ(Metric("strobe_queue_depth"), 0);
  EXPECT_EQ(engine.calls().size(), 1u);  // the engine is still busy with the plug
}

TEST_F(RequestBatcherTest, ARequestThatExpiresWhileItRunsFailsAtTheBoundary) {
  Start();
  UseFlatTimes();
  GenerationRequest request = Request("expires", /*steps=*/2);
  request.deadline = request.arrival + absl::Milliseconds(110);
  const Submitted made = Submit(std::move(request));
  EXPECT_EQ(ReasonOf(made.sink->WaitForEnd()), "DEADLINE_EXPIRED");
  while (!batcher->idle()) std::this_thread::yield();
  EXPECT_THAT(engine.calls(), SizeIs(2));
  EXPECT_NEAR(Metric("strobe_wasted_compute_seconds_total{reason=\"expired\"}"), 0.11, 1e-9);
}

TEST_F(RequestBatcherTest, WhatCannotMakeItsDeadlineIsShedWithoutTouchingTheDevice) {
  Start(8, FlatCosts());
  GenerationRequest request = Request("hopeless", /*steps=*/2);
  request.deadline = request.arrival + absl::Milliseconds(249);
  const Submitted made = Submit(std::move(request));
  EXPECT_EQ(ReasonOf(made.sink->WaitForEnd()), "DEADLINE_INFEASIBLE");
  EXPECT_THAT(engine.calls(), SizeIs(0));
}

TEST_F(RequestBatcherTest, EarliestDeadlineRunsFirst) {
  Start(/*max_batch_size=*/1);
  const Submitted plug = Plug();
  std::vector<Submitted> all;
  for (const int seconds : {9, 3, 6}) {
    GenerationRequest request = Request(std::to_string(seconds));
    request.deadline = request.arrival + absl::Seconds(seconds);
    all.push_back(Submit(std::move(request)));
  }
  engine.Release();
  for (const Submitted& each : all) EXPECT_TRUE(each.sink->WaitForEnd().ok());
  EXPECT_TRUE(plug.sink->WaitForEnd().ok());
  Prompts decoded;
  for (const EngineCall& call : engine.calls()) {
    if (call.stage == Stage::kDecode) decoded.push_back(call.prompts[0]);
  }
  EXPECT_THAT(decoded, ElementsAre("3", "6", "9", "plug"));
}

TEST_F(RequestBatcherTest, AnEngineFailureEndsOnlyTheTasksOfItsBatchAndLeaksNoDetail) {
  for (const char* prompt : {"fail-create", "fail-encode", "fail-denoise", "fail-decode"}) {
    SCOPED_TRACE(prompt);
    if (batcher == nullptr) Start(/*max_batch_size=*/1);
    const Submitted bad = Submit(prompt, /*steps=*/2, /*images=*/2);
    const Submitted good = Submit("good", /*steps=*/2);
    const absl::Status end = bad.sink->WaitForEnd();
    EXPECT_EQ(end.code(), absl::StatusCode::kInternal);
    EXPECT_EQ(ReasonOf(end), "ENGINE_FAILURE");
    EXPECT_THAT(end.ToString(), Not(HasSubstr("secret")));
    EXPECT_TRUE(good.sink->WaitForEnd().ok());
  }
}

TEST_F(RequestBatcherTest, APartialImageIsDecodedAndCountedForItself) {
  Start(8, FlatCosts());
  engine.stage_time[Stage::kPreview] = absl::Milliseconds(3);
  engine.stage_time[Stage::kDecode] = absl::Milliseconds(40);
  GenerationRequest request = Request("watched", /*steps=*/2);
  request.partial_images = 1;
  const Submitted made = Submit(std::move(request));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  std::vector<Stage> stages;
  for (const EngineCall& call : engine.calls()) stages.push_back(call.stage);
  EXPECT_THAT(stages, ElementsAre(Stage::kEncodePrompt, Stage::kDenoise, Stage::kPreview,
                                  Stage::kDenoise, Stage::kDecode));
  EXPECT_EQ(Metric("strobe_batch_size_count{stage=\"preview\"}"), 1);
  EXPECT_EQ(batcher->costs().of(0).Predict(Stage::kPreview, kFakeKey, 1), absl::Milliseconds(3));
  EXPECT_EQ(batcher->costs().of(0).Predict(Stage::kDecode, kFakeKey, 1), absl::Milliseconds(40));
}

TEST_F(RequestBatcherTest, APartialImageThatCannotBeMadeIsLeftOut) {
  Start();
  GenerationRequest request = Request("fail-preview", /*steps=*/2);
  request.partial_images = 1;
  const Submitted made = Submit(std::move(request));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  EXPECT_THAT(made.sink->pictures(/*partial=*/true), SizeIs(0));
  EXPECT_EQ(Metric("strobe_partial_images_dropped_total"), 1);
}

TEST_F(RequestBatcherTest, ABatchThatFailsEndsAllItsTasks) {
  Start();
  const Submitted plug = Plug();
  const Submitted bad = Submit("fail-denoise");
  const Submitted beside = Submit("beside");
  engine.Release();
  EXPECT_EQ(ReasonOf(bad.sink->WaitForEnd()), "ENGINE_FAILURE");
  EXPECT_EQ(ReasonOf(beside.sink->WaitForEnd()), "ENGINE_FAILURE");
  EXPECT_TRUE(plug.sink->WaitForEnd().ok());
  EXPECT_TRUE(Submit("later").sink->WaitForEnd().ok());
}

TEST_F(RequestBatcherTest, APictureThatIsNotFiniteEndsItsOwnTaskAlone) {
  Start();
  const Submitted plug = Plug();
  const Submitted bad = Submit("not-finite");
  const Submitted beside = Submit("beside");
  engine.Release();
  EXPECT_EQ(ReasonOf(bad.sink->WaitForEnd()), "ENGINE_FAILURE");
  EXPECT_TRUE(beside.sink->WaitForEnd().ok());
  EXPECT_THAT(engine.calls().back().prompts, ElementsAre("not-finite", "beside"));
}

TEST_F(RequestBatcherTest, BestEffortReturnsTheEstimateWhenTheNextStepWouldBeTooLate) {
  Start(8, FlatCosts());
  UseFlatTimes();
  GenerationRequest request = Request("hurry", /*steps=*/4);
  request.deadline_policy = DeadlinePolicy::kBestEffort;
  request.deadline = request.arrival + absl::Milliseconds(260);  // two steps
  const Submitted made = Submit(std::move(request));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  const auto pictures = made.sink->pictures();
  ASSERT_THAT(pictures, SizeIs(1));
  EXPECT_EQ(pictures[0].steps_done, 2);
  EXPECT_EQ(pictures[0].finish_reason, FinishReason::kDeadline);
  EXPECT_EQ(pictures[0].image.pixels,
            FakeStageEngine::PictureOf(made.task->request().samples[0], 2).pixels);
}

TEST_F(RequestBatcherTest, PartialImagesComeAfterEvenlySpacedSteps) {
  Start();
  GenerationRequest request = Request("slow", /*steps=*/4);
  request.partial_images = 1;
  const Submitted made = Submit(std::move(request));
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  const auto partial = made.sink->pictures(/*partial=*/true);
  ASSERT_THAT(partial, SizeIs(1));
  EXPECT_EQ(partial[0].steps_done, 2);
  EXPECT_EQ(partial[0].finish_reason, FinishReason::kNone);
  EXPECT_EQ(partial[0].image.pixels,
            FakeStageEngine::PictureOf(made.task->request().samples[0], 2).pixels);
  ASSERT_THAT(made.sink->pictures(), SizeIs(1));
  EXPECT_EQ(made.sink->pictures()[0].steps_done, 4);
  EXPECT_EQ(made.sink->violations(), 0);
  EXPECT_EQ(Metric("strobe_partial_images_dropped_total"), 0);
}

TEST_F(RequestBatcherTest, PartialImagesAreDroppedWhenOtherWorkWaits) {
  Start();
  engine.Block();
  GenerationRequest request = Request("watched", /*steps=*/2);
  request.partial_images = 1;
  const Submitted watched = Submit(std::move(request));
  engine.WaitForCalls(1);
  const Submitted other = Submit("other");
  engine.Release();
  EXPECT_TRUE(watched.sink->WaitForEnd().ok());
  EXPECT_TRUE(other.sink->WaitForEnd().ok());
  EXPECT_THAT(watched.sink->pictures(/*partial=*/true), SizeIs(0));
  EXPECT_EQ(Metric("strobe_partial_images_dropped_total"), 1);
}

TEST_F(RequestBatcherTest, LoadPredictsTheWorkThatWaitsAndRuns) {
  CostModel costs;
  costs.Observe(Stage::kEncodePrompt, kFakeKey, 1, absl::Milliseconds(10));
  costs.Observe(Stage::kDenoise, kFakeKey, 1, absl::Milliseconds(100));
  costs.Observe(Stage::kDecode, kFakeKey, 1, absl::Milliseconds(40));
  Start(8, costs);
  EXPECT_TRUE(batcher->idle());
  EXPECT_EQ(batcher->load().predicted_work, absl::ZeroDuration());
  const Submitted plug = Plug();
  const Submitted waits = Submit("waits", /*steps=*/3, /*images=*/2);
  EXPECT_EQ(batcher->load().predicted_work, absl::Milliseconds(150 + 2 * 350));
  EXPECT_FALSE(batcher->idle());
}

TEST_F(RequestBatcherTest, StopFailsTheRestAsUnavailableAfterTheRunningBatch) {
  Start();
  std::vector<Submitted> all = {Plug(), Submit("waits", 2, 3)};
  std::thread stopper([this] { batcher->Stop(); });
  while (true) {
    Submitted probe;
    probe.sink = std::make_shared<RecordingSink>();
    probe.task = std::make_shared<GenerationTask>(Request("probe"), probe.sink);
    const absl::Status status = batcher->Submit(probe.task);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
      EXPECT_FALSE(probe.task->ended());
      break;
    }
    all.push_back(probe);
    std::this_thread::yield();
  }
  engine.Release();
  stopper.join();
  for (const Submitted& each : all) {
    const absl::Status end = each.sink->WaitForEnd();
    EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(end), "SHUTTING_DOWN");
  }
  EXPECT_EQ(engine.calls().size(), 1u);
  EXPECT_TRUE(batcher->idle());
  batcher->Stop();  // once more does no harm
}

TEST_F(RequestBatcherTest, UnderLoadAnAdaptiveRequestGetsFewerStepsAndSaysSo) {
  CostModel costs;
  costs.Observe(Stage::kEncodePrompt, kFakeKey, 1, absl::Milliseconds(10));
  costs.Observe(Stage::kDenoise, kFakeKey, 1, absl::Milliseconds(100));
  costs.Observe(Stage::kDecode, kFakeKey, 1, absl::Milliseconds(40));
  Start(1, costs);
  UseFlatTimes();
  const Submitted plug = Plug();
  GenerationRequest request = Request("adaptive", /*steps=*/4);
  request.min_inference_steps = 2;
  std::vector<Submitted> many;
  for (int i = 0; i < 20; ++i) many.push_back(Submit(request));
  engine.Release();
  for (const Submitted& each : many) EXPECT_TRUE(each.sink->WaitForEnd().ok());
  const SampleResult first = many.front().sink->pictures().front();
  EXPECT_EQ(first.steps_done, 2);
  EXPECT_EQ(first.finish_reason, FinishReason::kLoad);
  EXPECT_EQ(first.image.pixels, FakeStageEngine::PictureOf(
                                    [&] {
                                      auto spec = request.samples.front();
                                      spec.num_inference_steps = 2;
                                      return spec;
                                    }(),
                                    2)
                                    .pixels);
  const SampleResult last = many.back().sink->pictures().front();
  EXPECT_EQ(last.steps_done, 4);
  EXPECT_EQ(last.finish_reason, FinishReason::kStop);
  EXPECT_GT(Metric("strobe_denoise_steps_saved_total"), 2);
}

TEST_F(RequestBatcherTest, ACallerWithManyRequestsHardlyDelaysAnother) {
  Start(1, FlatCosts());
  UseFlatTimes();
  const Submitted plug = Plug();
  std::vector<Submitted> hog;
  for (int i = 0; i < 50; ++i) hog.push_back(Submit("hog"));
  GenerationRequest request = Request("guest");
  request.caller = "another";
  const Submitted guest = Submit(std::move(request));
  engine.Release();
  EXPECT_TRUE(guest.sink->WaitForEnd().ok());
  // Alone it would take 150 ms; each round the hog is ahead by a step at most.
  EXPECT_LE(guest.sink->pictures().front().account.queue, absl::Milliseconds(4 * 150));
}

}  // namespace
}  // namespace strobe::server
