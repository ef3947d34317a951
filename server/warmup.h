// Runs every served shape once before the first request, and measures how long each takes.

#ifndef STROBE_SERVER_WARMUP_H_
#define STROBE_SERVER_WARMUP_H_

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/batching/cost_model.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// Runs all three stages for every model, every warm-up size of it (its default size when it names
// none) and every batch size from 1 to `max_batch_size`, each twice, and records the better time of
// the two: the first one pays for memory and kernels that later ones find ready. A work that takes
// longer than a few seconds is reported in the log as it goes. Calls the engine on this thread.
// Errors name the model, size and batch: what the engine refused, or INTERNAL when a model draws a
// picture that is not finite.
absl::StatusOr<CostModel> WarmUp(StageEngine& engine, int max_batch_size, const Clock& clock);

}  // namespace strobe::server

#endif  // STROBE_SERVER_WARMUP_H_
