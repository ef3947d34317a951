// The server's own batcher, threads and all, and the simulator on one trace.

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "server/admission/admission_controller.h"
#include "server/batching/request_batcher.h"
#include "server/simulation/simulated_replica.h"
#include "server/startup/batcher_forecast.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_stage_engine.h"
#include "tests/server/simulation/cost_curves.h"

namespace strobe::server {
namespace {

constexpr int kRequests = 3000;
constexpr int kMaxBatch = 8;
constexpr std::array<StageLine, 3> kCurves = {{{1, 0.25}, {5, 2}, {3, 1}}};
constexpr AdmissionOptions kLimits = {.queue_capacity = 10'000,
                                      .max_queue_wait = absl::Milliseconds(400)};

absl::Duration Ms(double ms) { return absl::Microseconds(ms * 1000); }

// More than one device can do; times are from the start.
std::vector<SimulatedRequest> Trace() {
  std::mt19937 random(2026);
  std::vector<SimulatedRequest> trace(kRequests);
  double now_ms = 0;
  for (int i = 0; i < kRequests; ++i) {
    now_ms += (random() % 12'000) / 1000.0 + 0.0001;
    SimulatedRequest& request = trace[i];
    AdmissionRequest& asked = request.admission;
    request.number = i;
    request.model = TinyModel();
    asked.key = {1, random() % 4 == 0 ? 24 : 16, 16};
    asked.num_samples = random() % 4 == 0 ? 1 + random() % 6 : 1;
    asked.denoise_steps = 1 + random() % 4;
    request.best_effort = random() % 4 == 0;
    request.min_denoise_steps = random() % 3 == 0 ? 1 : asked.denoise_steps;
    asked.least_denoise_steps = request.best_effort ? 1 : request.min_denoise_steps;
    asked.batch_priority = random() % 3 == 0;
    request.priority = asked.batch_priority ? Priority::kBatch : Priority::kInteractive;
    asked.caller = random() % 3 == 0 ? "one" : "other";
    asked.delivery = Ms(random() % 2 * 2);
    asked.arrival = absl::UnixEpoch() + Ms(now_ms);
    if (random() % 3 != 0) asked.deadline = asked.arrival + Ms(20.0037 + random() % 600);
  }
  return trace;
}

// How requests ended, by number. Thread-safe: the batcher's watch thread ends some.
class Ends {
 public:
  void Add(const SimulatedEnd& end) {
    absl::MutexLock lock(&mu_);
    EXPECT_TRUE(ends_.emplace(end.number, end).second) << "ended twice: " << end.number;
  }
  std::map<uint64_t, SimulatedEnd> all() const {
    absl::MutexLock lock(&mu_);
    return ends_;
  }

 private:
  mutable absl::Mutex mu_;
  std::map<uint64_t, SimulatedEnd> ends_ ABSL_GUARDED_BY(mu_);
};

// One caller's view of a request to the real batcher.
class TraceSink final : public ResultSink {
 public:
  TraceSink(const SimulatedRequest& request, absl::Time arrival, AdmissionController::Ticket ticket,
            const Clock& clock, Ends& ends)
      : request_(request),
        arrival_(arrival),
        ticket_(std::move(ticket)),
        clock_(clock),
        ends_(ends) {}

  void OnProgress(int, int, int) override { ++steps_; }
  void OnPicture(SampleResult) override {}
  void OnEnd(absl::Status status) override {
    const bool ok = status.ok();
    ends_.Add({request_.number, ok ? SimulatedOutcome::kOk : SimulatedOutcome::kExpired,
               clock_.Now() - arrival_ + request_.admission.delivery, steps_});
  }
  void OnReleased() override { ticket_ = {}; }

 private:
  const SimulatedRequest& request_;
  const absl::Time arrival_;
  AdmissionController::Ticket ticket_;
  const Clock& clock_;
  Ends& ends_;
  int steps_ = 0;
};

class AtOnce final : public PictureConsumer {
 public:
  void Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) override {
    task->DeliverPicture(std::move(decoded));
  }
};

// Lets requests arrive while the fake engine lets time pass, on the lane's own thread.
class RealServer {
 public:
  explicit RealServer(const std::vector<SimulatedRequest>& trace) : trace_(trace) {
    const auto set = [&](Stage stage, const StageLine& line) {
      engine_.stage_time[stage] = Ms(line.fixed);
      engine_.sample_time[stage] = Ms(line.each);
    };
    set(Stage::kEncodePrompt, kCurves[0]);
    set(Stage::kDenoise, kCurves[1]);
    set(Stage::kDecode, kCurves[2]);
    engine_.records_calls = false;
    admission_.SetState(AdmissionController::State::kServing);
  }

  std::map<uint64_t, SimulatedEnd> Run(DeviceCosts costs) {
    batcher_.Start({{&engine_, 1}}, std::move(costs));
    while (next_ < trace_.size() || !batcher_.idle()) {
      if (!batcher_.idle()) {
        std::this_thread::yield();
      } else if (next_ < trace_.size()) {
        // The lane has nothing to do until this one arrives.
        MoveTo(ArrivalOf(trace_[next_]));
        const size_t arriving = next_++;
        Arrive(trace_[arriving]);
      }
    }
    batcher_.Stop();
    return ends_.all();
  }

 private:
  absl::Time ArrivalOf(const SimulatedRequest& request) const {
    return start_ + (request.admission.arrival - absl::UnixEpoch());
  }
  void MoveTo(absl::Time time) { clock_.Advance(time - clock_.Now()); }

  // On the lane's thread, which holds no lock: the batcher is not idle meanwhile.
  void Pass(absl::Duration duration) {
    const absl::Time end = clock_.Now() + duration;
    while (next_ < trace_.size() && ArrivalOf(trace_[next_]) < end) {
      MoveTo(ArrivalOf(trace_[next_]));
      const size_t arriving = next_++;
      Arrive(trace_[arriving]);
    }
    MoveTo(end);
  }

  void Arrive(const SimulatedRequest& request) {
    AdmissionRequest asked = request.admission;
    asked.arrival = ArrivalOf(request);
    asked.deadline = asked.arrival + (request.admission.deadline - request.admission.arrival);
    auto ticket = admission_.Admit(asked);
    if (!ticket.ok()) {
      const bool shed = ticket.status().code() == absl::StatusCode::kResourceExhausted;
      ends_.Add(
          {request.number, shed ? SimulatedOutcome::kShed : SimulatedOutcome::kInfeasible, {}, 0});
      return;
    }
    GenerationRequest made;
    made.model = request.model;
    made.caller = asked.caller;
    made.samples.resize(asked.num_samples);
    for (model::GenerationSpec& spec : made.samples) {
      spec.width = asked.key.width;
      spec.height = asked.key.height;
      spec.num_inference_steps = asked.denoise_steps;
    }
    made.min_inference_steps = request.min_denoise_steps;
    made.priority = request.priority;
    made.deadline_policy =
        request.best_effort ? DeadlinePolicy::kBestEffort : DeadlinePolicy::kFail;
    made.arrival = asked.arrival;
    made.deadline = ticket->deadline();
    made.delivery = asked.delivery;
    auto sink =
        std::make_shared<TraceSink>(request, made.arrival, *std::move(ticket), clock_, ends_);
    EXPECT_TRUE(
        batcher_.Submit(std::make_shared<GenerationTask>(std::move(made), std::move(sink))).ok());
  }

  const std::vector<SimulatedRequest>& trace_;
  std::atomic<size_t> next_ = 0;
  Ends ends_;
  FakeClock clock_;
  const absl::Time start_ = clock_.Now();
  FakeStageEngine engine_{[this](absl::Duration duration) { Pass(duration); }};
  AtOnce consumer_;
  prometheus::Registry registry_;
  BatchMetrics batch_metrics_{registry_};
  AdmissionMetrics admission_metrics_{registry_};
  RequestBatcher batcher_{
      {.policy = {.max_batch_size = kMaxBatch}}, clock_, consumer_, batch_metrics_};
  AdmissionController admission_{kLimits, clock_, admission_metrics_, ForecasterOf(batcher_)};
};

TEST(SameDecisionsTest, TheServerAndTheSimulatorEndEveryRequestOfATraceInTheSameWay) {
  const std::vector<SimulatedRequest> trace = Trace();
  CostFile measured = Measured(CostModel());
  for (const CostModel::Point& point : StraightCosts(kCurves).Points()) {
    for (const int width : {16, 24}) {
      CostModel::Point other = point;
      other.key = {1, width, 16};
      measured.costs.of(0).Restore(other);
    }
  }
  ReplicaOptions options;
  options.policy.max_batch_size = kMaxBatch;
  options.admission = kLimits;
  ReplicaMetrics metrics;
  std::map<uint64_t, SimulatedEnd> simulated;
  SimulatedReplica replica(options, measured, metrics,
                           [&](const SimulatedEnd& end) { simulated[end.number] = end; });
  for (const SimulatedRequest& request : trace) replica.Arrive(request);
  replica.Finish();

  const auto served = RealServer(trace).Run(measured.costs);
  ASSERT_EQ(served.size(), trace.size());
  std::map<SimulatedOutcome, int> outcomes;
  for (const auto& [number, end] : served) {
    ++outcomes[end.outcome];
    ASSERT_EQ(end.outcome, simulated.at(number).outcome) << number;
    if (end.outcome != SimulatedOutcome::kOk) continue;
    ASSERT_EQ(end.latency, simulated.at(number).latency) << number;
    ASSERT_EQ(end.denoise_steps, simulated.at(number).denoise_steps) << number;
  }
  for (const auto outcome : {SimulatedOutcome::kOk, SimulatedOutcome::kShed,
                             SimulatedOutcome::kInfeasible, SimulatedOutcome::kExpired}) {
    EXPECT_GT(outcomes[outcome], 10) << static_cast<int>(outcome);
  }
}

}  // namespace
}  // namespace strobe::server
