// Collects samples of many requests into micro-batches and runs them, one stage at a time.

#ifndef STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_
#define STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/batching/batch_scheduler.h"
#include "server/batching/batcher_load.h"
#include "server/batching/device_costs.h"
#include "server/batching/engine_fault.h"
#include "server/batching/generation_task.h"
#include "server/batching/stage_engine.h"
#include "server/batching/batch_metrics.h"

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
  struct Options {
    int max_batch_size = 16;  // samples a micro-batch at most, every stage
    // A stage that has run for less never counts as hung.
    absl::Duration least_hang_limit = absl::InfiniteDuration();
    std::function<void(const FatalFault&)> on_fatal_fault;  // may be empty
  };

  // `clock`, `consumer` and `metrics` must outlive the batcher.
  RequestBatcher(const Options& options, const Clock& clock, PictureConsumer& consumer,
                 BatchMetrics& metrics);
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
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_REQUEST_BATCHER_H_
