// Everything between a door and the engine, without a wire.

#ifndef STROBE_TESTS_SERVER_REQUESTS_INTAKE_TEST_BASE_H_
#define STROBE_TESTS_SERVER_REQUESTS_INTAKE_TEST_BASE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/admission/admission_controller.h"
#include "server/requests/request_intake.h"
#include "server/startup/batcher_forecast.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_stage_engine.h"
#include "tests/fakes/metrics_text.h"
#include "tests/fakes/recording_sink.h"

namespace strobe::server {

// At the end of each test nothing is in flight and no place is taken.
class IntakeTestBase : public testing::Test {
 protected:
  IntakeTestBase() {
    admission_.SetState(AdmissionController::State::kServing);
    batcher_.Start({{&engine_, 1}}, {});
    models_.Add(engine_.model().key(), engine_.model().description());
    intake_.Install({models_, admission_, batcher_});
  }

  void TearDown() override {
    engine_.Release();
    batcher_.Stop();
    EXPECT_EQ(intake_.in_flight().count(), 0);
    EXPECT_EQ(admission_.reserved_samples(), 0);
    EXPECT_EQ(engine_.live_samples(), 0);
  }

  static RequestIntake::Options Options(std::function<void(const RequestRecord&)> log) {
    RequestIntake::Options options;
    options.random = [] { return uint64_t{7}; };
    options.log_request = std::move(log);
    return options;
  }

  static ImageRequest Request(const std::string& prompt) {
    ImageRequest request;
    request.texts = {{prompt, ""}};
    return request;
  }

  // The records of the requests that have ended so far.
  std::vector<RequestRecord> records() {
    absl::MutexLock lock(&mu_);
    return records_;
  }
  RequestRecord WaitForRecord(size_t number) {
    absl::MutexLock lock(&mu_);
    const auto there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return records_.size() > number; };
    mu_.Await(absl::Condition(&there));
    return records_[number];
  }

  FakeClock clock_;
  FakeStageEngine engine_;
  ModelRegistry models_;
  DirectConsumer consumer_;
  prometheus::Registry registry_;
  BatchMetrics batch_metrics_{registry_};
  AdmissionMetrics admission_metrics_{registry_};
  RequestMetrics metrics_{registry_};
  RequestBatcher batcher_{{}, clock_, consumer_, batch_metrics_};
  AdmissionController admission_{
      {.queue_capacity = 16}, clock_, admission_metrics_, ForecasterOf(batcher_)};
  absl::Mutex mu_;
  std::vector<RequestRecord> records_ ABSL_GUARDED_BY(mu_);
  RequestIntake intake_{Options([this](const RequestRecord& record) {
                          absl::MutexLock lock(&mu_);
                          records_.push_back(record);
                        }),
                        clock_, metrics_};
};

}  // namespace strobe::server

#endif  // STROBE_TESTS_SERVER_REQUESTS_INTAKE_TEST_BASE_H_
