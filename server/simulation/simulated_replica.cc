#include "server/simulation/simulated_replica.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "server/batching/batch_runner.h"
#include "server/simulation/simulated_task.h"

namespace strobe::server {
namespace {

SimulatedTask& TaskOf(const QueuedSample& sample) {
  return static_cast<SimulatedTask&>(*sample.progress->task);
}

}  // namespace

SimulatedReplica::SimulatedReplica(const ReplicaOptions& options, const CostFile& measured,
                                   ReplicaMetrics& metrics, OnEnd on_end)
    : costs_(measured.costs),
      on_end_(std::move(on_end)),
      admission_(options.admission, clock_, metrics.admission,
                 [this](const AdmissionRequest& request) {
                   return Forecast(request, scheduler_, clock_.now);
                 }),
      scheduler_({.policy = options.policy}, metrics.batching) {
  scheduler_.SetCosts(measured.costs);
  for (int device = 0; device < options.devices; ++device) {
    for (int i = 0; i < options.lanes; ++i) {
      scheduler_.AddLane(device);
      lanes_.emplace_back().device = device;
    }
  }
  admission_.SetState(AdmissionController::State::kServing);
}

SimulatedReplica::~SimulatedReplica() = default;

void SimulatedReplica::Arrive(const SimulatedRequest& request) {
  AdvanceTo(request.admission.arrival);
  auto ticket = admission_.Admit(request.admission);
  if (!ticket.ok()) {
    const bool shed = ticket.status().code() == absl::StatusCode::kResourceExhausted;
    on_end_({request.number, shed ? SimulatedOutcome::kShed : SimulatedOutcome::kInfeasible,
             absl::ZeroDuration(), 0});
    return;
  }
  auto task = std::make_shared<SimulatedTask>(request, *std::move(ticket), *this);
  if (request.cancelled_at != absl::InfiniteFuture()) {
    departures_.push({request.cancelled_at, task});
  }
  scheduler_.Add(std::move(task), clock_.now);
  Dispatch();
}

void SimulatedReplica::Finish() { AdvanceTo(absl::InfiniteFuture()); }

void SimulatedReplica::AdvanceTo(absl::Time time) {
  while (true) {
    const auto first = std::min_element(
        lanes_.begin(), lanes_.end(), [](const auto& a, const auto& b) { return a.ends < b.ends; });
    if (first->ends > time || first->ends == absl::InfiniteFuture()) break;
    clock_.now = first->ends;
    Settle(static_cast<int>(first - lanes_.begin()));
    Dispatch();
  }
  if (time != absl::InfiniteFuture()) clock_.now = std::max(clock_.now, time);
}

void SimulatedReplica::CutOff() {
  for (; !departures_.empty() && departures_.top().time <= clock_.now; departures_.pop()) {
    departures_.top().task->Fail(absl::CancelledError("the caller has left"));
  }
}

void SimulatedReplica::Dispatch() {
  for (int lane = 0; lane < static_cast<int>(lanes_.size()); ++lane) {
    if (lanes_[lane].ends == absl::InfiniteFuture()) Dispatch(lane);
  }
}

void SimulatedReplica::Dispatch(int lane) {
  Lane& free = lanes_[lane];
  CutOff();
  while (true) {
    if (std::exchange(drop_ended_, false)) scheduler_.TakeEnded();
    if (!scheduler_.HasWorkFor(lane)) return;
    free.running = scheduler_.Decide(lane, clock_.now);
    for (const auto& task : free.running.late) task->Fail(DeadlineError(*task, clock_.now));
    if (!free.running.members.empty()) break;
    if (free.running.late.empty()) return;
  }
  const PolicyBatch& batch = free.running.batch;
  const auto size = static_cast<int>(free.running.members.size());
  free.duration = costs_.of(free.device).Predict(batch.stage, batch.key, size);
  free.ends = clock_.now + free.duration;
  usage_.busy += free.duration;
  ++usage_.batches[batch.stage];
  usage_.samples[batch.stage] += size;
}

void SimulatedReplica::Settle(int lane) {
  Lane& done = lanes_[lane];
  done.ends = absl::InfiniteFuture();
  CutOff();
  BatchScheduler::Decision ran = std::move(done.running);
  BatchResult result;
  result.duration = done.duration;
  result.batch_size = static_cast<int>(ran.members.size());
  const absl::Duration share = done.duration / result.batch_size;
  for (const auto& sample : ran.members) {
    result.goes_on.push_back(Settle(ran.batch, *sample, share));
  }
  scheduler_.Finish(lane, ran.batch, ran.members, result, clock_.now);
}

bool SimulatedReplica::Settle(const PolicyBatch& batch, QueuedSample& sample,
                              absl::Duration share) {
  SimulatedTask& task = TaskOf(sample);
  if (task.ended()) {
    usage_.wasted += share;
    return false;
  }
  task.device_time += share;
  if (task.request().deadline <= clock_.now) {
    task.Fail(DeadlineError(task, clock_.now));
    return false;
  }
  task.denoise_steps += TraitsOf(batch.stage).repeats;
  if (Advance(batch.stage, sample)) return true;
  SampleResult picture;
  picture.index = sample.index;
  task.DeliverPicture(std::move(picture));
  return false;
}

void SimulatedReplica::Ended(const SimulatedTask& task, const absl::Status& status) {
  const SimulatedOutcome outcome = status.ok() ? SimulatedOutcome::kOk
                                   : status.code() == absl::StatusCode::kDeadlineExceeded
                                       ? SimulatedOutcome::kExpired
                                       : SimulatedOutcome::kCancelled;
  if (!status.ok()) {
    usage_.wasted += task.device_time;
    drop_ended_ = true;
  }
  absl::Duration latency = clock_.now - task.request().arrival;
  if (status.ok()) latency += task.request().delivery;
  on_end_({task.number, outcome, latency, task.denoise_steps});
}

}  // namespace strobe::server
