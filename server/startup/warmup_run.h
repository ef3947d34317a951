// Batches of new prompts through every stage, timed.

#ifndef STROBE_SERVER_STARTUP_WARMUP_RUN_H_
#define STROBE_SERVER_STARTUP_WARMUP_RUN_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

struct WarmupShape {
  const LoadedModel& model;
  BatchKey key;  // of the model
  int batch_size = 1;
};

// One call of each stage; infinite for a stage that was not run.
struct StageTimes : PerStage<absl::Duration> {
  StageTimes() { values.fill(absl::InfiniteDuration()); }
};

struct WarmupOptions {
  int lanes = 1;
  // Of each lane; more follow, up to a handful, as long as all together take a moment only.
  int least_passes = 1;
  // Prompts differ between calls of different names, so that a prompt cache does not hide the text
  // encoder's cost.
  std::string name;
};

struct WarmupTimes {
  StageTimes typical;      // the median of a lane's passes, the first of several left out
  StageTimes best;         // of all passes
  int passes = 0;          // of all lanes
  absl::Duration elapsed;  // from the start to the end of the last lane
};

// Takes batches of `shape` from prompt to picture with one step and, where the model has a decoder
// for them, through previews (else they cost what decoding does) on each of the lanes' new threads
// at the same time. `typical` is the mean over the lanes. Errors name the model, size and batch:
// what the engine refused, or INTERNAL when a model draws a picture that is not finite.
absl::StatusOr<WarmupTimes> RunWarmup(StageEngine& engine, const Clock& clock,
                                      const WarmupShape& shape, const WarmupOptions& options);

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_WARMUP_RUN_H_
