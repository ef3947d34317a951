// Runs every served shape before the first request, and measures how long each takes.

#ifndef STROBE_SERVER_STARTUP_WARMUP_H_
#define STROBE_SERVER_STARTUP_WARMUP_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// The number of lanes, of 1, 2, 4, ... and `max_lanes`, at which `rate` (pictures a second) is
// highest; goes on only while more lanes give at least 5 % more. Errors are those of `rate`.
absl::StatusOr<int> ChooseLanes(int max_lanes,
                                const std::function<absl::StatusOr<double>(int)>& rate);

// Pictures a second when each of `lanes` lanes runs full batches of the default model at its
// default size. Errors as those of WarmUp.
absl::StatusOr<double> MeasureRate(StageEngine& engine, int max_batch_size, int lanes,
                                   const Clock& clock);

// Runs all three stages for every model, every warm-up size of it (its default size when it names
// none) and every batch size from 1 to `max_batch_size`, or to twice the one beyond which larger
// batches save nothing worthwhile (but at least to 8): alone and in all `lanes` at once, which
// gives the mean times of `cost_model`; its best times are the best of both. What takes longer than
// a few seconds is reported in the log as it goes. Calls the engine on threads of its own. Errors
// name the model, size and batch: what the engine refused, or INTERNAL when a model draws a picture
// that is not finite.
absl::Status WarmUp(StageEngine& engine, int max_batch_size, int lanes, const Clock& clock,
                    CostModel& cost_model);

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_WARMUP_H_
