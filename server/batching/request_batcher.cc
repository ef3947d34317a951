#include "server/batching/request_batcher.h"

#include <cassert>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/request_end.h"
#include "server/batching/batch_runner.h"

namespace strobe::server {
namespace {

using Tasks = BatchScheduler::Tasks;

// Looks so often at what runs, as parts of hang_timeout.
constexpr int kLooksPerHangLimit = 4;

}  // namespace

struct RequestBatcher::Lane {
  RequestBatcher& batcher;
  const int index;     // in the scheduler
  BatchRunner runner;  // the lane's thread's
  std::thread thread;
};

RequestBatcher::RequestBatcher(const BatchingOptions& options, const Clock& clock,
                               PictureConsumer& consumer, BatchMetrics& metrics,
                               std::function<void(const FatalFault&)> on_fatal_fault)
    : hang_timeout_(options.hang_timeout),
      on_fatal_fault_(std::move(on_fatal_fault)),
      clock_(clock),
      consumer_(consumer),
      metrics_(metrics),
      scheduler_(options, metrics) {
  assert(options.policy.max_batch_size >= 1);
  watch_thread_ = std::thread([this] { WatchTasks(); });
}

RequestBatcher::~RequestBatcher() { Stop(); }

void RequestBatcher::Start(std::vector<BatchDevice> devices, DeviceCosts costs) {
  absl::MutexLock join_lock(&join_mu_);
  absl::MutexLock lock(&mu_);
  if (stopping_) return;
  scheduler_.SetCosts(std::move(costs));
  for (int device = 0; device < static_cast<int>(devices.size()); ++device) {
    StageEngine& engine = *devices[device].engine;
    for (int i = 0; i < devices[device].lanes; ++i) {
      lanes_.push_back(std::make_unique<Lane>(Lane{*this, scheduler_.AddLane(device),
                                                   BatchRunner(clock_, engine, consumer_, metrics_),
                                                   std::thread()}));
    }
  }
  for (const auto& lane : lanes_) {
    lane->thread = std::thread([this, lane = lane.get()] { RunBatches(*lane); });
  }
}

absl::Status RequestBatcher::Submit(std::shared_ptr<GenerationTask> task) {
  absl::MutexLock lock(&mu_);
  if (stopping_) return ShuttingDown();
  if (broken_) return RequestErrorOf(EngineFault::kDeviceLost);
  scheduler_.Add(std::move(task), clock_.Now());
  return absl::OkStatus();
}

void RequestBatcher::Wake() {
  absl::MutexLock lock(&mu_);
  watch_requested_ = true;
}

BatcherLoad RequestBatcher::load() const {
  BatcherLoad now;
  Inspect([&](const BatchScheduler& scheduler, absl::Time) { now = scheduler.load(); });
  return now;
}

DeviceCosts RequestBatcher::costs() const {
  DeviceCosts now;
  Inspect([&](const BatchScheduler& scheduler, absl::Time) { now = scheduler.costs(); });
  return now;
}

void RequestBatcher::Inspect(
    absl::FunctionRef<void(const BatchScheduler&, absl::Time)> look) const {
  absl::MutexLock lock(&mu_);
  look(scheduler_, clock_.Now());
}

bool RequestBatcher::idle() const {
  absl::MutexLock lock(&mu_);
  return scheduler_.idle();
}

void RequestBatcher::Stop() {
  absl::MutexLock join_lock(&join_mu_);
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  for (const auto& lane : lanes_) {
    if (lane->thread.joinable()) lane->thread.join();
  }
  FailRemaining();
  {
    absl::MutexLock lock(&mu_);
    watching_ = false;
  }
  if (watch_thread_.joinable()) watch_thread_.join();
}

void RequestBatcher::RunBatches(Lane& lane) {
  while (true) {
    SampleQueue::Samples garbage;
    BatchScheduler::Decision next;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(&HasWork, &lane));
      DropEnded();
      garbage = std::exchange(garbage_, {});
      if (stopping_ || broken_) return;
      next = scheduler_.Decide(lane.index, clock_.Now());
    }
    garbage.clear();
    const absl::Time now = clock_.Now();
    for (const auto& task : next.late) task->Fail(DeadlineError(*task, now));
    if (next.members.empty()) continue;
    const BatchResult result = lane.runner.Run(next.batch, next.members);
    std::optional<FatalFault> fault;
    {
      absl::MutexLock lock(&mu_);
      fault = scheduler_.Finish(lane.index, next.batch, next.members, result, clock_.Now());
    }
    if (fault.has_value()) EndEverything(*fault);
  }
}

bool RequestBatcher::HasWork(Lane* lane) {
  const RequestBatcher& batcher = lane->batcher;
  return batcher.stopping_ || batcher.broken_ || !batcher.garbage_.empty() ||
         batcher.scheduler_.HasWorkFor(lane->index);
}

void RequestBatcher::DropEnded() {
  for (auto& sample : scheduler_.TakeEnded()) garbage_.push_back(std::move(sample));
}

void RequestBatcher::FailRemaining() {
  Tasks live;
  {
    absl::MutexLock lock(&mu_);
    live = scheduler_.Live();
  }
  for (const auto& task : live) task->Fail(ShuttingDown());
  SampleQueue::Samples garbage;
  absl::MutexLock lock(&mu_);
  DropEnded();
  garbage = std::exchange(garbage_, {});
}

void RequestBatcher::EndEverything(const FatalFault& fault) {
  Tasks live;
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(broken_, true)) return;
    live = scheduler_.Live();
  }
  for (const auto& task : live) task->Fail(RequestErrorOf(fault.kind));
  if (on_fatal_fault_) on_fatal_fault_(fault);
}

void RequestBatcher::WatchTasks() {
  absl::MutexLock lock(&mu_);
  while (watching_) {
    watch_requested_ = false;
    const std::optional<FatalFault> hung =
        broken_ ? std::nullopt : scheduler_.FindHungStage(clock_.Now());
    if (hung.has_value()) {
      mu_.Unlock();
      metrics_.CountFault(EngineFault::kHung);
      EndEverything(*hung);
      mu_.Lock();
    }
    DropEnded();
    mu_.AwaitWithTimeout(absl::Condition(this, &RequestBatcher::MustWatch),
                         hang_timeout_ / kLooksPerHangLimit);
  }
}

}  // namespace strobe::server
