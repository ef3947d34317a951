// Decides what a device runs next. Pure.

#ifndef STROBE_SERVER_BATCHING_BATCH_POLICY_H_
#define STROBE_SERVER_BATCHING_BATCH_POLICY_H_

#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/batching_options.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/memory_limits.h"
#include "server/batching/costs/stage.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// Who asks. A lane runs one micro-batch at a time; a device may have several.
struct PolicyLane {
  int device = 0;
  // Lanes with nothing to run, the one that asks included.
  int free_lanes_of_device = 1;
  int free_lanes = 1;  // of all devices
  int lanes = 1;       // of all devices, free or not
  // What fits on its device; null: everything.
  const MemoryLimits* memory = nullptr;
  absl::Span<const CostModel> devices;  // costs of all devices; none when they are alike
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
  std::vector<int> late;              // certain to miss their due time: to be failed
  std::vector<int> dropped_previews;  // partial images to give up
  std::optional<PolicyBatch> batch;   // chosen from the rest; nothing only when no other one waits
};

// "Due" is when a sample must have left the device: its deadline less what its picture needs to
// reach the caller. Who is late and who comes first is decided in Lineup, for forecasts too.
// The rules:
//  1. Work-conserving: no waiting for a fuller batch.
//  2. A sample is late when even alone on the device, at the best times seen, it would end after
//     it is due. The remaining work is that of least_steps_left; for kBestEffort the least that
//     gives a picture: one step and the decode. All other rules go by the mean times; a sample that
//     is late by them (before it has begun: by one and a half times them), but not by the best
//     ones, runs when nothing else can. So what an overrun server begins it mostly ends in time.
//  3. The most urgent sample sets stage and key; then come the others of that stage and key, most
//     urgent first, as long as every member is still in time with the rest of its way in
//     batches of half that size, no more than this lane's share when other lanes that could take
//     them are free, and no more than the cost model's batch cap and the device's memory allow.
//  4. Urgency: the earliest due first; then interactive samples without a deadline, those nearer
//     to their end (decode, denoise, encode) and then the oldest first; then batch priority in the
//     same way. Samples that have aged compete by the time at which they count as due.
//     Before all that, fairness: samples of callers that have had more device time than the least
//     served waiting one, by more than a full batch's step, come behind the others; and in the same
//     way among what is left, samples of keys. They still fill a batch that has room.
//  5. A kBestEffort sample with a step done whose next step would make it late is decoded now. What
//     the step takes is that of the batches in which all go that are due no later.
//  6. Partial images are made only when every waiting sample wants one, and only by members that
//     are still in time; otherwise they are dropped.
//  7. When a denoising batch has room, prompts of its key wait and no other lane is free, they are
//     encoded first if no member gets late by it and all samples together wait less: what
//     the batch's members lose is less than what the joiners gain by not waiting for it and what
//     the others of the key gain by the device time that the fuller batch saves.
//     Members that are less urgent than one of these prompts count as room: then it is enough that
//     no other member gets late, or what fills up a batch would keep the more urgent waiting.
//  8. Samples that have begun on another device are left to it (late ones are named all the same).
//     Where devices are unlike, a sample is late only when it is on each that may go on with it,
//     and a slower one leaves alone what it is expected to miss and another one is not.
// O(n log n) in the number of waiting samples.
PolicyDecision ChooseBatch(absl::Span<const WaitingSample> waiting, const CostModel& costs,
                           absl::Time now, const BatchPolicyOptions& options,
                           const PolicyLane& lane = {});

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BATCH_POLICY_H_
