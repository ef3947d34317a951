// Admission and batcher together after a stage that took far too long.

#include <thread>
#include <utility>

#include "server/admission/admission_controller.h"
#include "server/startup/batcher_forecast.h"
#include "tests/server/batching/batcher_fixture.h"

namespace strobe::server {
namespace {

constexpr int kSteps = 2;
constexpr absl::Duration kUsual = absl::Milliseconds(250);  // 10 + 2 * 100 + 40

class SlowPhaseTest : public BatcherFixture, public ::testing::WithParamInterface<int> {
 protected:
  SlowPhaseTest() {
    CostModel warm;
    warm.Observe(Stage::kEncodePrompt, kFakeKey, 1, absl::Milliseconds(10));
    warm.Observe(Stage::kDenoise, kFakeKey, 1, absl::Milliseconds(100));
    warm.Observe(Stage::kDecode, kFakeKey, 1, absl::Milliseconds(40));
    Start(/*max_batch_size=*/8, std::move(warm));
    admission_.SetState(AdmissionController::State::kServing);
  }

  // Runs one request whose steps take `step_time` and whose deadline is `budget` away.
  absl::Status Generate(absl::Duration step_time, absl::Duration budget) {
    while (!batcher->idle()) std::this_thread::yield();
    engine.stage_time = TimesOf(absl::Milliseconds(10), step_time, absl::Milliseconds(40));
    AdmissionRequest wish;
    wish.key = kFakeKey;
    wish.denoise_steps = wish.least_denoise_steps = kSteps;
    wish.arrival = clock.Now();
    wish.deadline = wish.arrival + budget;
    const auto ticket = admission_.Admit(wish);
    if (!ticket.ok()) return ticket.status();
    GenerationRequest request = Request("a red circle", kSteps);
    request.deadline = ticket->deadline();
    const absl::Status end = Submit(std::move(request)).sink->WaitForEnd();
    while (!batcher->idle()) std::this_thread::yield();
    return end;
  }

  absl::Duration StepEstimate() const {
    return batcher->costs().of(0).Predict(Stage::kDenoise, kFakeKey, 1);
  }

  AdmissionMetrics admission_metrics_{registry};
  AdmissionController admission_{
      {}, clock, admission_metrics_, [this](const AdmissionRequest& request) {
        return ForecasterOf(*batcher)(request);
      }};
};

TEST_P(SlowPhaseTest, TheNextRequestIsAdmittedRunsAndCorrectsTheCosts) {
  for (int i = 0; i < GetParam(); ++i) {
    ASSERT_TRUE(Generate(absl::Seconds(10), absl::Seconds(120)).ok());
  }
  EXPECT_GT(StepEstimate(), absl::Milliseconds(110));
  for (int i = 0; i < 20; ++i) {
    const absl::Status end = Generate(absl::Milliseconds(100), 3 * kUsual);
    ASSERT_TRUE(end.ok()) << i << ": " << end;
  }
  EXPECT_LT(StepEstimate(), absl::Milliseconds(110));
  EXPECT_FALSE(Generate(absl::Milliseconds(100), kUsual - absl::Milliseconds(1)).ok());
}

INSTANTIATE_TEST_SUITE_P(SlowRequests, SlowPhaseTest, ::testing::Values(1, 10));

}  // namespace
}  // namespace strobe::server
