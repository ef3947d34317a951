// How much of the work that is there a newcomer has to wait for. Pure.

#ifndef STROBE_SERVER_BATCHING_EXPECTED_WAIT_H_
#define STROBE_SERVER_BATCHING_EXPECTED_WAIT_H_

#include <initializer_list>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/batching_options.h"
#include "server/batching/cost_model.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// What the lanes run. One of a slower device counts as part of a lane.
struct LanesAtWork {
  double lanes = 1;
  absl::Duration rest_of_stages;  // of all of them together
};

// Predicted time until `images` samples like `newcomer` have their turn. The rules:
//  1. The lanes end the stages that they run.
//  2. Then comes what has its turn before the newcomer, by the order of the batch policy as it is
//     `now`. What the newcomer overtakes does not count.
//  3. But what was admitted is not to miss its due time for a newcomer of the same urgency class
//     (with or without deadline, interactive or batch): behind work that would, it waits.
// `others` are the samples that wait, and those that run as they will wait again. Those that are
// certain to be late do not count: they will be dropped. `costs` are those of the device that is
// the fastest for the newcomer. O(n); O(n log n) when rule 3 may matter.
absl::Duration PredictWait(const WaitingSample& newcomer, int images,
                           std::initializer_list<absl::Span<const WaitingSample>> others,
                           const LanesAtWork& running, const CostModel& costs, absl::Time now,
                           const BatchPolicyOptions& options);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_EXPECTED_WAIT_H_
