// What the batch policy knows of a sample.

#ifndef STROBE_SERVER_BATCHING_WAITING_SAMPLE_H_
#define STROBE_SERVER_BATCHING_WAITING_SAMPLE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/instant.h"
#include "server/batching/costs/stage.h"
#include "server/batching/generation_task.h"

namespace strobe::server {

// Of a sample that has not begun.
inline constexpr int kNoDevice = -1;

// A sample that waits for a device.
struct WaitingSample {
  BatchKey key;
  StagePlan plan = StagePlan(model::kTextToImage, 1);
  int steps_done = 0;        // denoising steps
  int least_steps_left = 1;  // fewer than the plan's when the number is still to be chosen
  int device = kNoDevice;    // where it has begun; no other device can go on with it
  int siblings = 1;          // of its request that are still on their way, itself included
  bool preview_due = false;  // a partial image of the present estimate was asked for
  Priority priority = Priority::kInteractive;
  DeadlinePolicy deadline_policy = DeadlinePolicy::kFail;
  Instant arrival;
  Instant due = absl::InfiniteFuture();  // when it must have left the device
  int64_t order = 0;                     // the lower one first, all else being equal
  // Device time that its caller and its key have had; see ServiceMeter.
  absl::Duration caller_service;
  absl::Duration key_service;
};

// Lets `sample` be done with `stage`; false when nothing follows.
inline bool Advance(Stage stage, WaitingSample& sample) {
  if (stage == Stage::kPreview) return true;
  if (TraitsOf(stage).gives_picture) return false;
  sample.plan.Advance();
  if (TraitsOf(stage).repeats) {
    ++sample.steps_done;
    sample.least_steps_left = sample.plan.steps_left();
  }
  return true;
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_WAITING_SAMPLE_H_
