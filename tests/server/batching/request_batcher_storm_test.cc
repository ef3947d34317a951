// Random traffic: whatever happens, each request ends exactly once and nothing is left behind.

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/batching/batcher_fixture.h"

namespace strobe::server {
namespace {

// By the number of lanes.
class RequestBatcherStormTest : public BatcherFixture, public ::testing::WithParamInterface<int> {
 protected:
  GenerationRequest RandomRequest(std::mt19937& random) {
    static constexpr const char* kPrompts[] = {"a",         "b", "c", "d", "e", "fail-denoise",
                                               "not-finite"};
    GenerationRequest request =
        Request(kPrompts[random() % 7], 1 + static_cast<int>(random() % 4), 1 + random() % 3);
    for (auto& spec : request.samples) {
      if (random() % 4 == 0) spec.width = 24;
    }
    if (random() % 2 == 0) request.deadline = request.arrival + absl::Milliseconds(random() % 300);
    if (random() % 3 == 0) request.deadline_policy = DeadlinePolicy::kBestEffort;
    if (random() % 3 == 0) request.priority = Priority::kBatch;
    request.partial_images = static_cast<int>(random() % 3);
    return request;
  }
};

TEST_P(RequestBatcherStormTest, EveryRequestEndsExactlyOnceInTwoThousandRandomEvents) {
  engine.stage_time = TimesOf(absl::Milliseconds(1), absl::Milliseconds(5), absl::Milliseconds(3));
  engine.sample_time = TimesOf(absl::Milliseconds(0), absl::Milliseconds(2), absl::Milliseconds(1));
  engine.lanes = GetParam();
  Start(4);
  std::mt19937 random(20251);
  std::vector<Submitted> all;
  for (int event = 0; event < 2000; ++event) {
    switch (random() % 8) {
      default:
        all.push_back(Submit(RandomRequest(random)));
        break;
      case 5:
        if (!all.empty()) {
          // One of the newest: while the engine is blocked they cannot have ended otherwise.
          const std::size_t back = 1 + random() % std::min<std::size_t>(all.size(), 5);
          all[all.size() - back].task->Fail(absl::CancelledError("the caller left"));
          batcher->Wake();
        }
        break;
      case 6:
        clock.Advance(absl::Milliseconds(random() % 20));
        batcher->Wake();
        break;
      case 7:
        if (random() % 2 == 0) {
          engine.Block();
        } else {
          engine.Release();
        }
        break;
    }
  }
  engine.Release();
  int ok = 0, expired = 0, cancelled = 0, failed = 0;
  for (const Submitted& each : all) {
    const absl::Status end = each.sink->WaitForEnd();
    if (end.ok()) {
      ++ok;
      EXPECT_EQ(each.sink->pictures().size(), each.task->request().samples.size());
      for (const SampleResult& picture : each.sink->pictures()) {
        const auto& spec = each.task->request().samples[picture.index];
        EXPECT_EQ(picture.image.pixels,
                  FakeStageEngine::PictureOf(spec, picture.steps_done).pixels);
      }
    }
    expired += end.code() == absl::StatusCode::kDeadlineExceeded;
    cancelled += end.code() == absl::StatusCode::kCancelled;
    failed += end.code() == absl::StatusCode::kInternal;
  }
  EXPECT_EQ(ok + expired + cancelled + failed, static_cast<int>(all.size()));
  for (const int count : {ok, expired, cancelled, failed}) {
    EXPECT_GT(count, 0) << ok << " ok, " << expired << " expired, " << cancelled << " cancelled, "
                        << failed << " failed";
  }
  while (!batcher->idle()) std::this_thread::yield();
  batcher->Stop();
  for (const Submitted& each : all) EXPECT_EQ(each.sink->violations(), 0);
  EXPECT_EQ(Metric("strobe_queue_depth"), 0);
  EXPECT_EQ(batcher->load().predicted_work, absl::ZeroDuration());
}

INSTANTIATE_TEST_SUITE_P(Lanes, RequestBatcherStormTest, ::testing::Values(1, 3));

using RequestBatcherFloodTest = BatcherFixture;

TEST_F(RequestBatcherFloodTest, AThousandWaitingSamplesAreServedInFullBatches) {
  Start(8);
  const Submitted plug = Plug();
  std::vector<Submitted> all;
  for (int i = 0; i < 1000; ++i) all.push_back(Submit("many", /*steps=*/2));
  engine.Release();
  for (const Submitted& each : all) EXPECT_TRUE(each.sink->WaitForEnd().ok());
  // 125 batches for each of encode, two steps and decode, and three calls for the plug.
  EXPECT_EQ(engine.calls().size(), 503u);
}

}  // namespace
}  // namespace strobe::server
