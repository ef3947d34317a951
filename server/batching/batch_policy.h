// Decides what a device runs next. Pure.

#ifndef STROBE_SERVER_BATCHING_BATCH_POLICY_H_
#define STROBE_SERVER_BATCHING_BATCH_POLICY_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/cost_model.h"
#include "server/batching/generation_task.h"
#include "server/batching/instant.h"
#include "server/batching/memory_limits.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// Of a sample that has not begun.
inline constexpr int kNoDevice = -1;

// What the policy knows of a sample that waits for a device.
struct WaitingSample {
  BatchKey key;
  StagePlan plan = StagePlan(model::kTextToImage, 1);
  int steps_done = 0;        // denoising steps
  int least_steps_left = 1;  // fewer than the plan's when the number is still to be chosen
  int device = kNoDevice;    // where it has begun; no other device can go on with it
  bool preview_due = false;  // a partial image of the present estimate was asked for
  Priority priority = Priority::kInteractive;
  DeadlinePolicy deadline_policy = DeadlinePolicy::kFail;
  Instant arrival;
  Instant deadline = absl::InfiniteFuture();
  int64_t order = 0;  // the lower one first, all else being equal
  // Device time that its caller and its key have had; see ServiceMeter.
  absl::Duration caller_service;
  absl::Duration key_service;
};

struct BatchPolicyOptions {
  int max_batch_size = 16;
  // A sample without a deadline counts as due this long after its arrival, and so does one whose
  // deadline is further away.
  absl::Duration ageing = absl::Seconds(30);
  // The same for batch priority.
  absl::Duration batch_priority_ageing = absl::Seconds(60);
};

// Who asks. A lane runs one micro-batch at a time; a device may have several.
struct PolicyLane {
  int device = 0;
  // Lanes with nothing to run, the one that asks included.
  int free_lanes_of_device = 1;
  int free_lanes = 1;  // of all devices
  // What fits on its device; null: everything.
  const MemoryLimits* memory = nullptr;
};

// One engine call.
struct PolicyBatch {
  Stage stage = Stage::kEncodePrompt;
  BatchKey key;
  // Indices into the waiting samples, most urgent first. In a kDecode batch, members that still
  // wait for kDenoise end early, with the estimate they have (kBestEffort). Those of a kPreview
  // batch, partial images, stay in the stage they are in.
  std::vector<int> members;
};

struct PolicyDecision {
  std::vector<int> late;              // certain to miss their deadline: to be failed
  std::vector<int> dropped_previews;  // partial images to give up
  std::optional<PolicyBatch> batch;   // chosen from the rest; nothing only when no other one waits
};

// The rules:
//  1. Work-conserving: no waiting for a fuller batch.
//  2. A sample is late when even alone on the device, at the best times seen, it would end after
//     its deadline. The remaining work is that of least_steps_left; for kBestEffort the least that
//     gives a picture: one step and the decode. All other rules go by the mean times; a sample that
//     is late by them (before it has begun: by one and a half times them), but not by the best
//     ones, runs when nothing else can. So what an overrun server begins it mostly ends in time.
//  3. The most urgent sample sets stage and key; then come the others of that stage and key, most
//     urgent first, as long as every member still makes its deadline with the rest of its way in
//     batches of half that size, no more than this lane's share when other lanes that could take
//     them are free, and no more than the cost model's batch cap and the device's memory allow.
//  4. Urgency: earliest deadline first; then interactive samples without a deadline, those nearer
//     to their end (decode, denoise, encode) and then the oldest first; then batch priority in the
//     same way. Samples that have aged compete by the time at which they count as due.
//     Before all that, fairness: samples of callers that have had more device time than the least
//     served waiting one, by more than a full batch's step, come behind the others; and in the same
//     way among what is left, samples of keys. They still fill a batch that has room.
//  5. A kBestEffort sample with a step done whose next step would miss its deadline is decoded now.
//  6. Partial images are made only when every waiting sample wants one, and only by members that
//     still make their deadline; otherwise they are dropped.
//  7. When a denoising batch has room, prompts of its key wait and no other lane is free, they are
//     encoded first if nobody of the batch gets late by it and all samples together wait less: what
//     the batch's members lose is less than what the joiners gain by not waiting for it and what
//     the others of the key gain by the device time that the fuller batch saves.
//  8. Samples that have begun on another device are left to it (late ones are named all the same).
// O(n log n) in the number of waiting samples.
PolicyDecision ChooseBatch(absl::Span<const WaitingSample> waiting, const CostModel& costs,
                           absl::Time now, const BatchPolicyOptions& options,
                           const PolicyLane& lane = {});

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BATCH_POLICY_H_
