// Decides how many denoising steps a sample gets. Pure.

#ifndef STROBE_SERVER_BATCHING_STEP_CHOICE_H_
#define STROBE_SERVER_BATCHING_STEP_CHOICE_H_

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/batching/costs/cost_model.h"

namespace strobe::server {

// What a sample that is about to begin may spend.
struct StepBudget {
  int min_steps = 1;
  int max_steps = 1;
  // Until the lanes are through with what waits and runs, without this sample and without what
  // gives way to it.
  absl::Duration predicted_work;
  absl::Duration time_left = absl::InfiniteDuration();  // until it is due
  int batch_size = 1;                                   // in which it begins
  int max_batch_size = 1;                               // in which it may go on
  StageSet stages = model::kTextToImage;                // all of its own, as it has not begun
};

// The largest number of steps, of `offered` and within the budget's bounds, at which
//  - the batch, behind the predicted work, is done within the time left, and
//  - the sample, behind the same work, takes at most `kPatience` times what it takes alone: what
//    everybody who waits can be asked to bear.
// The smallest number of the bounds when there is none; `max_steps` when nothing of `offered` is
// within the bounds.
int ChooseSteps(const StepBudget& budget, absl::Span<const int> offered, const BatchKey& key,
                const CostModel& costs);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_STEP_CHOICE_H_
