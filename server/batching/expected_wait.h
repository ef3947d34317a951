// How much longer a newcomer takes for the work that is there. Pure.

#ifndef STROBE_SERVER_BATCHING_EXPECTED_WAIT_H_
#define STROBE_SERVER_BATCHING_EXPECTED_WAIT_H_

#include <initializer_list>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/batching_options.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// What the lanes run. One of a slower device counts as part of a lane.
struct LanesAtWork {
  double lanes = 1;
  absl::Duration rest_of_stages;  // of all of them together
};

// How much later `images` samples like `newcomer` are expected to be done than they would be alone.
// The rules:
//  1. The lanes end the stages that they run.
//  2. Then comes what has its turn before the newcomer, by the order of the batch policy as it is
//     `now`, in batches of half the size that is worth making, as the policy itself plans what
//     follows a batch. What the newcomer overtakes does not count, but for rule 4.
//  3. The newcomer needs time for its way in company: in batches with half of what comes before it
//     of its key, of each lane, at most of the size that is worth making. With no more time than it
//     takes alone, it would keep every batch small that it leads, and those behind it would be
//     late.
//  4. A promise that was given is kept: what is overtaken of the newcomer's urgency class (by due
//     time, interactive without one, batch priority), and expected in time, is to be in time with
//     twice the work before it, as others will overtake it, too. The newcomer waits behind what
//     would not be.
// `others` are the samples that wait, and those that run as they will wait again. Those that are
// certain to be late do not count: they will be dropped. `costs` are those of the device that is
// the fastest for the newcomer. O(n); O(n log n) when rule 4 may matter.
absl::Duration PredictWait(const WaitingSample& newcomer, int images,
                           std::initializer_list<absl::Span<const WaitingSample>> others,
                           const LanesAtWork& running, const CostModel& costs, absl::Time now,
                           const BatchPolicyOptions& options);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_EXPECTED_WAIT_H_
