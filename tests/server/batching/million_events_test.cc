// A million random events through admission and the real batcher, two devices of two lanes each:
// the counters add up after each of them, and nothing is left whenever it comes to rest.

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "server/admission/admission_controller.h"
#include "server/base/request_error.h"
#include "server/batching/request_batcher.h"
#include "server/startup/batcher_forecast.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_stage_engine.h"

namespace strobe::server {
namespace {

#ifndef STROBE_STORM_EVENTS
#define STROBE_STORM_EVENTS 1'000'000
#endif

constexpr int kEventsASeason = 20'000;  // then everything is built anew
constexpr int kQueueCapacity = 64;
constexpr int kMaxBatch = 8;
constexpr int kDevices = 2;
constexpr int kLanes = 2;

// Started requests and how they ended; a request in flight holds its ticket. Thread-safe.
class Counters {
 public:
  void Start(int number, AdmissionController::Ticket ticket) {
    absl::MutexLock lock(&mu_);
    ++started_;
    tickets_.emplace(number, std::move(ticket));
  }
  void Refuse(absl::StatusCode code) {
    absl::MutexLock lock(&mu_);
    ++started_;
    ++ended_[static_cast<int>(code)];
  }
  void End(int number, absl::StatusCode code) {
    absl::MutexLock lock(&mu_);
    ++ended_[static_cast<int>(code)];
    if (tickets_.erase(number) != 1) ++ended_twice_;
  }

  int in_flight() const {
    absl::MutexLock lock(&mu_);
    return static_cast<int>(tickets_.size());
  }
  void Check() const {
    absl::MutexLock lock(&mu_);
    int64_t sum = static_cast<int64_t>(tickets_.size());
    for (const int64_t count : ended_) sum += count;
    ASSERT_EQ(sum, started_) << "started = outcomes + in flight";
    ASSERT_EQ(ended_twice_, 0);
  }
  std::array<int64_t, 17> ended() const {
    absl::MutexLock lock(&mu_);
    return ended_;
  }

 private:
  mutable absl::Mutex mu_;
  int64_t started_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t ended_twice_ ABSL_GUARDED_BY(mu_) = 0;
  std::array<int64_t, 17> ended_ ABSL_GUARDED_BY(mu_) = {};  // by absl::StatusCode
  std::unordered_map<int, AdmissionController::Ticket> tickets_ ABSL_GUARDED_BY(mu_);
};

// A caller that checks what it gets.
class StormSink final : public ResultSink {
 public:
  StormSink(int number, int images, Counters& counters)
      : number_(number), left_(images), counters_(counters) {}

  void OnProgress(int, int, int) override { EXPECT_FALSE(ended_); }
  void OnPicture(SampleResult picture) override {
    EXPECT_FALSE(ended_);
    if (!picture.partial) --left_;
  }
  void OnEnd(absl::Status status) override {
    EXPECT_FALSE(ended_.exchange(true));
    EXPECT_EQ(status.ok(), left_ == 0);
    counters_.End(number_, status.code());
  }

 private:
  const int number_;
  std::atomic<int> left_;  // final pictures
  std::atomic<bool> ended_ = false;
  Counters& counters_;
};

// A caller that reads slowly: pictures stay here until they are let go.
class SlowConsumer final : public PictureConsumer {
 public:
  void Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) override {
    if (!slow_) return task->DeliverPicture(std::move(decoded));
    absl::MutexLock lock(&mu_);
    held_.emplace_back(std::move(task), std::move(decoded));
  }

  void SetSlow(bool slow) { slow_ = slow; }
  void LetGo() {
    std::vector<std::pair<std::shared_ptr<GenerationTask>, SampleResult>> held;
    {
      absl::MutexLock lock(&mu_);
      held.swap(held_);
    }
    for (auto& [task, picture] : held) task->DeliverPicture(std::move(picture));
  }

 private:
  std::atomic<bool> slow_ = false;
  absl::Mutex mu_;
  std::vector<std::pair<std::shared_ptr<GenerationTask>, SampleResult>> held_ ABSL_GUARDED_BY(mu_);
};

// A server without gRPC that lives for one season.
class Season {
 public:
  Season(uint32_t seed, Counters& counters) : random_(seed), counters_(counters) {
    std::vector<BatchDevice> devices;
    for (FakeStageEngine& engine : engines_) {
      engine.lanes = kLanes;
      engine.stage_time =
          TimesOf(absl::Milliseconds(1), absl::Milliseconds(5), absl::Milliseconds(3));
      engine.sample_time =
          TimesOf(absl::Milliseconds(0), absl::Milliseconds(2), absl::Milliseconds(1));
      devices.push_back({&engine, kLanes});
    }
    batcher_.Start(std::move(devices), DeviceCosts());
    admission_.SetState(AdmissionController::State::kServing);
  }
  ~Season() {
    consumer_.SetSlow(false);
    consumer_.LetGo();
    batcher_.Stop();
  }

  void Play(int events) {
    for (int event = 0; event < events && !::testing::Test::HasFailure(); ++event) {
      Event();
      Check();
    }
    Rest();
  }

 private:
  void Event() {
    switch (random_() % 20) {
      case 0:
        return EndSome(absl::CancelledError("the caller left"));
      case 1:
        return EndSome(absl::ResourceExhaustedError("a reader that does not read"));
      case 2:
        clock_.Advance(absl::Milliseconds(random_() % 30));
        return batcher_.Wake();
      case 3:
        return consumer_.SetSlow(random_() % 2 == 0);
      case 4:
        return consumer_.LetGo();
      case 5:
        if (random_() % 16 == 0) Rest();
        return;
      default:
        return Arrive();
    }
  }

  GenerationRequest RandomRequest() {
    static constexpr const char* kPrompts[] = {
        "a",           "b",           "c",         "d",           "e",
        "f",           "g",           "h",         "fail-encode", "fail-denoise",
        "fail-decode", "fail-create", "not-finite"};
    // Faults are rare: a batch that fails takes all its tasks with it.
    const uint32_t prompt = random_() % 50 == 0 ? 8 + random_() % 5 : random_() % 8;
    GenerationRequest request;
    request.model = engines_.front().model();
    request.arrival = clock_.Now();
    model::GenerationSpec spec;
    spec.prompt = kPrompts[prompt];
    spec.height = 16;
    spec.width = random_() % 4 == 0 ? 24 : 16;
    spec.num_inference_steps = 1 + static_cast<int>(random_() % 4);
    request.caller = kPrompts[random_() % 3];
    request.min_inference_steps = random_() % 3 == 0 ? 1 : spec.num_inference_steps;
    request.samples.assign(1 + random_() % 3, spec);
    if (random_() % 2 == 0)
      request.deadline = request.arrival + absl::Milliseconds(random_() % 400);
    if (random_() % 3 == 0) request.deadline_policy = DeadlinePolicy::kBestEffort;
    if (random_() % 3 == 0) request.priority = Priority::kBatch;
    request.partial_images = static_cast<int>(random_() % 3);
    return request;
  }

  void Arrive() {
    GenerationRequest request = RandomRequest();
    const auto num_samples = static_cast<int>(request.samples.size());
    AdmissionRequest asked;
    asked.num_samples = num_samples;
    asked.key = {0, request.samples[0].width, 16};
    asked.denoise_steps = request.samples[0].num_inference_steps;
    const bool best_effort = request.deadline_policy == DeadlinePolicy::kBestEffort;
    asked.least_denoise_steps = best_effort ? 1 : request.min_inference_steps;
    asked.caller = request.caller;
    asked.arrival = request.arrival;
    asked.deadline = request.deadline;
    auto ticket = admission_.Admit(asked);
    if (!ticket.ok()) {
      counters_.Refuse(ticket.status().code());
      // The lanes have to get their turn, too.
      if (ticket.status().code() == absl::StatusCode::kResourceExhausted) consumer_.LetGo();
      std::this_thread::yield();
      return;
    }
    request.deadline = ticket->deadline();
    const int number = next_++;
    counters_.Start(number, *std::move(ticket));
    auto sink = std::make_shared<StormSink>(number, num_samples, counters_);
    auto task = std::make_shared<GenerationTask>(std::move(request), std::move(sink));
    recent_[number % recent_.size()] = task;
    ASSERT_TRUE(batcher_.Submit(std::move(task)).ok());
  }

  void EndSome(const absl::Status& why) {
    const std::shared_ptr<GenerationTask> task = recent_[random_() % recent_.size()].lock();
    if (task != nullptr) task->Fail(why);
    batcher_.Wake();
  }

  // What must hold at any moment.
  void Check() {
    counters_.Check();
    ASSERT_LE(admission_.reserved_samples(), kQueueCapacity);
    const BatcherLoad load = batcher_.load();
    ASSERT_LE(load.running_samples, kDevices * kLanes * kMaxBatch);
    // Samples of ended requests may still run, and wait until they are dropped.
    ASSERT_GE(load.waiting_samples, 0);
    ASSERT_GE(load.predicted_work, absl::ZeroDuration());
  }

  // Lets everything end; then nothing may be left.
  void Rest() {
    consumer_.SetSlow(false);
    while (!batcher_.idle() || counters_.in_flight() > 0) {
      consumer_.LetGo();
      std::this_thread::yield();
    }
    ASSERT_EQ(admission_.reserved_samples(), 0);
    ASSERT_EQ(batcher_.load().waiting_samples, 0);
    ASSERT_EQ(batcher_.load().predicted_work, absl::ZeroDuration());
    for (const FakeStageEngine& engine : engines_) {
      while (engine.live_samples() > 0) std::this_thread::yield();  // their lane drops them
      ASSERT_FALSE(engine.shared_sample());
    }
  }

  std::mt19937 random_;
  Counters& counters_;
  FakeClock clock_;
  std::array<FakeStageEngine, kDevices> engines_ = {FakeStageEngine(&clock_),
                                                    FakeStageEngine(&clock_)};
  SlowConsumer consumer_;
  prometheus::Registry registry_;
  BatchMetrics batch_metrics_{registry_};
  AdmissionMetrics admission_metrics_{registry_};
  RequestBatcher batcher_{
      {.policy = {.max_batch_size = kMaxBatch}}, clock_, consumer_, batch_metrics_};
  AdmissionController admission_{
      {.queue_capacity = kQueueCapacity}, clock_, admission_metrics_, ForecasterOf(batcher_)};
  int next_ = 0;
  std::array<std::weak_ptr<GenerationTask>, 64> recent_;
};

TEST(MillionEventsTest, TheCountersAreBalancedAfterEachAndNothingIsLeft) {
  Counters counters;
  uint32_t seed = 20'261;
  for (int events = 0; events < STROBE_STORM_EVENTS && !HasFailure(); events += kEventsASeason) {
    Season(seed++, counters).Play(kEventsASeason);
  }
  EXPECT_EQ(counters.in_flight(), 0);
  const auto ended = counters.ended();
  for (const absl::StatusCode code :
       {absl::StatusCode::kOk, absl::StatusCode::kCancelled, absl::StatusCode::kDeadlineExceeded,
        absl::StatusCode::kResourceExhausted, absl::StatusCode::kInternal}) {
    EXPECT_GT(ended[static_cast<int>(code)], 100) << code;
  }
}

}  // namespace
}  // namespace strobe::server
