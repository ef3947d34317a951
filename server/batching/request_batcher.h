// Collects samples of many requests into micro-batches and runs them, one stage at a time.

#ifndef STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_
#define STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/batching/batch_metrics.h"
#include "server/batching/batch_scheduler.h"
#include "server/batching/batcher_load.h"
#include "server/batching/batching_options.h"
#include "server/batching/costs/device_costs.h"
#include "server/batching/engine_fault.h"
#include "server/batching/generation_task.h"
#include "server/batching/sample_queue.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// An engine and how many micro-batches it runs side by side.
struct BatchDevice {
  StageEngine* engine = nullptr;
  int lanes = 1;  // at most engine->max_lanes()
};

// One queue before all devices. Each lane of a device is a thread that asks the batch policy what
// to run next and runs it; one more thread drops what has ended and finds stages that hang, even
// while the devices are busy. A task past its deadline is ended by whoever submitted it.
//  1. Any mix of steps, step counts, seeds, prompts and requests shares a batch; model, size and
//     stage must agree. A sample may go on in another lane, never on another device.
//  2. It never waits for a fuller batch: when a lane is free and a sample waits, something runs.
//  3. At every stage boundary samples of ended tasks leave, and those past or certain to miss their
//     deadline are failed with DEADLINE_EXCEEDED; neighbours are not disturbed.
//  4. A batch that fails ends only its own tasks, with INTERNAL. One that does not fit into the
//     device's memory is run again in smaller ones (MemoryLimits has the rules).
//  5. A device that is lost, or a stage that runs for longer than HangLimit allows, ends everything
//     at once with UNAVAILABLE (DEVICE_FAULT), though the engine may never come back; nothing is
//     run or accepted from there on, and on_fatal_fault is called once.
//  6. Sinks, the consumer and on_fatal_fault are called without any lock held. They may call
//     everything here but Start, Stop and the destructor.
// Thread-safe.
class RequestBatcher {
 public:
  // `clock`, `consumer` and `metrics` must outlive the batcher. `on_fatal_fault` may be empty.
  RequestBatcher(const BatchingOptions& options, const Clock& clock, PictureConsumer& consumer,
                 BatchMetrics& metrics,
                 std::function<void(const FatalFault&)> on_fatal_fault = nullptr);
  // Stops as Stop does.
  ~RequestBatcher();

  RequestBatcher(const RequestBatcher&) = delete;
  RequestBatcher& operator=(const RequestBatcher&) = delete;

  // Starts to run what was and will be submitted. All devices serve the same models; they must
  // outlive the batcher. Once; nothing happens after Stop.
  void Start(std::vector<BatchDevice> devices, DeviceCosts costs);

  // Takes the task in; UNAVAILABLE once stopping or after a fatal fault (the task is not touched
  // then).
  absl::Status Submit(std::shared_ptr<GenerationTask> task);

  // Tells the batcher that some task has ended, so that its samples are dropped at once if they
  // wait (or that a fake clock has moved, for stages that hang).
  void Wake();

  BatcherLoad load() const;

  // A copy of what is known of costs at present.
  DeviceCosts costs() const;

  // Calls `look` with all of it as it is at one moment, which is named. The batcher stands still
  // meanwhile: `look` must be quick and call nothing here.
  void Inspect(absl::FunctionRef<void(const BatchScheduler&, absl::Time)> look) const;

  // True when nothing waits or runs; the consumer may still have pictures.
  bool idle() const;

  // Fails what is still there with UNAVAILABLE, after the running batches, and joins the threads: a
  // stage that never comes back keeps it waiting, but not from being found.
  void Stop();

 private:
  struct Lane;

  // The thread of a lane.
  void RunBatches(Lane& lane) ABSL_LOCKS_EXCLUDED(mu_);
  static bool HasWork(Lane* lane) ABSL_NO_THREAD_SAFETY_ANALYSIS;
  // The watch thread: drops the samples of ended tasks, and finds stages that hang.
  void WatchTasks() ABSL_LOCKS_EXCLUDED(mu_);
  bool MustWatch() const ABSL_SHARED_LOCKS_REQUIRED(mu_) { return !watching_ || watch_requested_; }
  // Moves waiting samples of ended tasks to the garbage.
  void DropEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // When no lane runs any more.
  void FailRemaining() ABSL_LOCKS_EXCLUDED(mu_);
  // Once, however often a fault is found.
  void EndEverything(const FatalFault& fault) ABSL_LOCKS_EXCLUDED(mu_);

  const absl::Duration hang_timeout_;
  const std::function<void(const FatalFault&)> on_fatal_fault_;
  const Clock& clock_;
  PictureConsumer& consumer_;
  BatchMetrics& metrics_;

  absl::Mutex join_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  mutable absl::Mutex mu_;
  BatchScheduler scheduler_ ABSL_GUARDED_BY(mu_);
  SampleQueue::Samples garbage_ ABSL_GUARDED_BY(mu_);  // to be destroyed on a lane's thread
  bool watch_requested_ ABSL_GUARDED_BY(mu_) = false;
  bool watching_ ABSL_GUARDED_BY(mu_) = true;  // until no lane runs any more
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool broken_ ABSL_GUARDED_BY(mu_) = false;  // by a fatal fault

  std::vector<std::unique_ptr<Lane>> lanes_;  // filled by Start, which holds both locks
  std::thread watch_thread_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_
