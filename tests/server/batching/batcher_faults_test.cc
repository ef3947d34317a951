// What the batcher does when the engine cannot.

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/base/request_error.h"
#include "tests/server/batching/batcher_fixture.h"

namespace strobe::server {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BatcherFaultsTest : public BatcherFixture {
 protected:
  BatcherFaultsTest() {
    options.hang_timeout = absl::Seconds(30);
    on_fatal_fault = [this](const FatalFault& fault) {
      faults_.push_back(fault);
      fatal_.Notify();
    };
  }

  std::vector<int> BatchSizes(Stage stage, const std::string& prompt) const {
    std::vector<int> sizes;
    for (const EngineCall& call : engine.calls()) {
      if (call.stage != stage || call.prompts.front() != prompt) continue;
      sizes.push_back(static_cast<int>(call.prompts.size()));
    }
    return sizes;
  }

  double Faults(const std::string& kind) const {
    return Metric("strobe_engine_faults_total{kind=\"" + kind + "\"}");
  }

  void ExpectAllPictures(const Submitted& made, int steps) {
    EXPECT_TRUE(made.sink->WaitForEnd().ok());
    const auto& specs = made.task->request().samples;
    EXPECT_EQ(made.sink->pictures().size(), specs.size());
    for (const SampleResult& picture : made.sink->pictures()) {
      EXPECT_EQ(picture.image.pixels,
                FakeStageEngine::PictureOf(specs[picture.index], steps).pixels);
    }
  }

  std::vector<FatalFault> faults_;  // complete when `fatal_` is notified
  absl::Notification fatal_;
};

TEST_F(BatcherFaultsTest, ABatchThatDoesNotFitIsRunInHalvesAndNobodyNoticesIt) {
  for (const char* stage : {"encode", "denoise", "decode"}) {
    SCOPED_TRACE(stage);
    batcher.reset();  // and what it has learnt
    Start();
    const Submitted plug = Plug();
    const Submitted made = Submit(absl::StrCat("oom-", stage, "-above-2"), 2, /*images=*/7);
    const Submitted beside = Submit("beside", 2);
    engine.Release();
    ExpectAllPictures(made, 2);
    ExpectAllPictures(beside, 2);
  }
  EXPECT_EQ(BatchSizes(Stage::kDecode, "oom-decode-above-2"), (std::vector<int>{8, 4, 2, 2, 2, 2}));
  EXPECT_EQ(Faults("error"), 0);
}

TEST_F(BatcherFaultsTest, TheLessonIsKeptAndTriedAgainAfterAMinute) {
  Start();
  ExpectAllPictures(Submit("oom-denoise-above-4", 1, /*images=*/8), 1);
  EXPECT_EQ(Faults("out_of_memory"), 1);
  const Submitted second = Submit("oom-denoise-above-4", 1, /*images=*/8);
  ExpectAllPictures(second, 1);
  EXPECT_EQ(Faults("out_of_memory"), 1);
  EXPECT_EQ(BatchSizes(Stage::kDenoise, "oom-denoise-above-4"), (std::vector<int>{8, 4, 4, 4, 4}));
  while (!batcher->idle()) std::this_thread::yield();  // or the minute would be the last stage's
  clock.Advance(absl::Minutes(1));
  ExpectAllPictures(Submit("now it fits", 1, /*images=*/8), 1);
  EXPECT_EQ(BatchSizes(Stage::kDenoise, "now it fits"), (std::vector<int>{8}));
}

TEST_F(BatcherFaultsTest, ASampleThatDoesNotFitAloneEndsItsOwnRequest) {
  Start();
  const Submitted plug = Plug();
  const Submitted huge = Submit("oom-denoise-above-0");
  const Submitted beside = Submit("beside", 1, /*images=*/3);
  engine.Release();
  const absl::Status end = huge.sink->WaitForEnd();
  EXPECT_EQ(end.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(end), "OUT_OF_MEMORY");
  EXPECT_THAT(end.ToString(), Not(HasSubstr("secret")));
  ExpectAllPictures(beside, 1);
}

TEST_F(BatcherFaultsTest, TheTimeOfABatchThatDidNotFitCountsAsWaiting) {
  engine.stage_time = TimesOf(absl::ZeroDuration(), absl::Milliseconds(10), absl::ZeroDuration());
  Start();
  const Submitted made = Submit("oom-denoise-above-1", 1, /*images=*/2);
  EXPECT_TRUE(made.sink->WaitForEnd().ok());
  for (const SampleResult& picture : made.sink->pictures()) {
    EXPECT_EQ(picture.account.stages[Stage::kDenoise].duration, absl::Milliseconds(10));
    EXPECT_EQ(picture.account.stages[Stage::kDenoise].batch_sizes, (std::vector<int>{1}));
    EXPECT_GE(picture.account.queue, absl::Milliseconds(10));
  }
  EXPECT_EQ(batcher->costs().of(0).Predict(Stage::kDenoise, kFakeKey, 1), absl::Milliseconds(10));
}

TEST_F(BatcherFaultsTest, PartialImagesThatDoNotFitAreLeftOut) {
  Start();
  GenerationRequest request = Request("oom-preview-above-0", /*steps=*/2);
  request.partial_images = 1;
  const Submitted made = Submit(std::move(request));
  ExpectAllPictures(made, 2);
  EXPECT_EQ(Metric("strobe_partial_images_dropped_total"), 1);
  EXPECT_EQ(Faults("out_of_memory"), 1);
}

TEST_F(BatcherFaultsTest, MemoryThatIsGoneForKindsThatOnceFittedIsADeviceLost) {
  Start(1);
  ExpectAllPictures(Submit("fits", 1), 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(Submit("oom-encode-above-0").sink->WaitForEnd().ok());
  }
  fatal_.WaitForNotification();
  EXPECT_EQ(faults_.front().kind, EngineFault::kDeviceLost);
  EXPECT_THAT(faults_.front().description, HasSubstr("memory is gone"));
}

TEST_F(BatcherFaultsTest, ALostDeviceEndsEverythingAtOnceAndIsToldOnce) {
  Start(1);
  const Submitted plug = Plug();
  const Submitted loses = Submit("lose-device", 2);
  const Submitted waits = Submit("waits", 2, /*images=*/3);
  engine.Release();
  for (const Submitted* each : {&loses, &waits}) {
    const absl::Status end = each->sink->WaitForEnd();
    EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(end), "DEVICE_FAULT");
    EXPECT_THAT(end.ToString(), Not(HasSubstr("secret")));
  }
  fatal_.WaitForNotification();
  Submitted late;
  late.sink = std::make_shared<RecordingSink>();
  late.task = std::make_shared<GenerationTask>(Request("late"), late.sink);
  const absl::Status refused = batcher->Submit(late.task);
  EXPECT_EQ(ReasonOf(refused), "DEVICE_FAULT");
  EXPECT_FALSE(late.task->ended());
  batcher->Stop();
  ASSERT_EQ(faults_.size(), 1u);
  EXPECT_EQ(faults_.front().kind, EngineFault::kDeviceLost);
  EXPECT_EQ(Faults("device_lost"), 1);
  EXPECT_EQ(Metric("strobe_queue_depth"), 0);
}

TEST_F(BatcherFaultsTest, AStageThatHangsIsFoundThoughItsThreadNeverReturns) {
  Start(1);
  const Submitted hangs = Submit("hang");
  engine.WaitForCalls(2);
  const Submitted waits = Submit("waits");
  clock.Advance(absl::Seconds(30));
  batcher->Wake();
  EXPECT_FALSE(hangs.task->ended());
  clock.Advance(absl::Milliseconds(1));
  batcher->Wake();
  fatal_.WaitForNotification();
  EXPECT_EQ(faults_.front().kind, EngineFault::kHung);
  EXPECT_THAT(faults_.front().description, HasSubstr("denoise of a batch of 1 at 16x16"));
  for (const Submitted* each : {&hangs, &waits}) {
    EXPECT_EQ(ReasonOf(each->sink->WaitForEnd()), "DEVICE_FAULT");
  }
  EXPECT_EQ(Faults("hung"), 1);
}

TEST_F(BatcherFaultsTest, ASlowStageIsGivenTwentyTimesItsUsualTime) {
  CostModel costs;
  costs.Observe(Stage::kDenoise, kFakeKey, 1, absl::Seconds(5));
  Start(1, costs);
  const Submitted made = Submit("hang");
  engine.WaitForCalls(2);
  clock.Advance(absl::Seconds(100));
  batcher->Wake();
  engine.Release();
  ExpectAllPictures(made, 1);
  EXPECT_FALSE(fatal_.HasBeenNotified());
}

TEST_F(BatcherFaultsTest, AStageThatHangsWhileTheServerStopsIsFoundToo) {
  Start(1);
  const Submitted hangs = Submit("hang");
  engine.WaitForCalls(2);
  std::thread stopper([this] { batcher->Stop(); });
  clock.Advance(absl::Minutes(1));
  batcher->Wake();
  fatal_.WaitForNotification();
  EXPECT_EQ(faults_.front().kind, EngineFault::kHung);
  engine.Release();
  stopper.join();
}

}  // namespace
}  // namespace strobe::server
