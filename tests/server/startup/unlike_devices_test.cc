// From warm-up to picture with two devices, one ten times slower than the other.

#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/startup/generation_backend.h"
#include "server/startup/server_metrics.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_stage_engine.h"
#include "tests/fakes/recording_sink.h"

namespace strobe::server {
namespace {

constexpr BatchKey kKey{1, 16, 16};

// A picture of two steps takes 25 ms on the fast device, 250 ms on the slow one.
class UnlikeDevicesBackendTest : public ::testing::TestWithParam<bool> {
 protected:
  UnlikeDevicesBackendTest() {
    options_.skip_self_test = true;
    std::vector<std::unique_ptr<StageEngine>> engines;
    for (const bool slow : {GetParam(), !GetParam()}) {
      auto engine = std::make_unique<FakeStageEngine>(&clock_);
      const int factor = slow ? 10 : 1;
      engine->stage_time = TimesOf(absl::Milliseconds(1 * factor), absl::Milliseconds(10 * factor),
                                   absl::Milliseconds(4 * factor));
      (slow ? slow_ : fast_) = engine.get();
      engines.push_back(std::move(engine));
    }
    backend_ = std::make_unique<GenerationBackend>(options_, clock_, metrics_, models_,
                                                   std::move(engines));
    EXPECT_EQ(backend_->WarmUp(), absl::OkStatus());
    backend_->admission().SetState(AdmissionController::State::kServing);
    warmed_up_ = static_cast<int>(slow_->calls().size());
  }
  ~UnlikeDevicesBackendTest() override { backend_->Stop(); }

  absl::StatusOr<AdmissionController::Ticket> Admit(absl::Duration time_left) {
    AdmissionRequest request;
    request.key = kKey;
    request.denoise_steps = request.least_denoise_steps = 2;
    request.arrival = clock_.Now();
    request.deadline = clock_.Now() + time_left;
    return backend_->admission().Admit(request);
  }

  FakeClock clock_;
  BackendOptions options_;
  ServerMetrics metrics_;
  FakeStageEngine* fast_ = nullptr;
  FakeStageEngine* slow_ = nullptr;
  ModelRegistry models_;
  std::unique_ptr<GenerationBackend> backend_;
  int warmed_up_ = 0;  // calls of the slow engine
};

TEST_P(UnlikeDevicesBackendTest, WarmUpKeepsTheTimesOfTheDevicesApart) {
  const DeviceCosts costs = backend_->request_backend().batcher.costs();
  const int fast = GetParam() ? 1 : 0;
  for (int size = 1; size <= 16; ++size) {
    EXPECT_EQ(costs.of(fast).Predict(Stage::kDenoise, kKey, size), absl::Milliseconds(10)) << size;
    EXPECT_EQ(costs.of(1 - fast).Predict(Stage::kDenoise, kKey, size), absl::Milliseconds(100))
        << size;
  }
}

TEST_P(UnlikeDevicesBackendTest, AdmissionAdmitsWhatTheFastDeviceCanDo) {
  EXPECT_TRUE(Admit(absl::Milliseconds(25)).ok());
  EXPECT_EQ(Admit(absl::Milliseconds(24)).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_P(UnlikeDevicesBackendTest, WhatWasAdmittedIsMadeInTimeByTheFastDevice) {
  GenerationRequest request;
  request.model = *models_.Find("fake");
  request.samples.resize(1);
  request.samples[0].width = request.samples[0].height = 16;
  request.samples[0].num_inference_steps = request.min_inference_steps = 2;
  request.arrival = clock_.Now();
  request.deadline = clock_.Now() + absl::Milliseconds(40);
  const auto sink = std::make_shared<RecordingSink>();
  ASSERT_EQ(backend_->request_backend().batcher.Submit(
                std::make_shared<GenerationTask>(std::move(request), sink)),
            absl::OkStatus());
  EXPECT_EQ(sink->WaitForEnd(), absl::OkStatus());
  EXPECT_EQ(static_cast<int>(slow_->calls().size()), warmed_up_);
}

INSTANTIATE_TEST_SUITE_P(SlowFirstOrLast, UnlikeDevicesBackendTest, ::testing::Bool());

}  // namespace
}  // namespace strobe::server
