// One batch of new prompts through every stage, timed.

#ifndef STROBE_SERVER_WARMUP_RUN_H_
#define STROBE_SERVER_WARMUP_RUN_H_

#include <array>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/batching/cost_model.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

struct WarmupShape {
  BatchKey key;
  int batch_size = 1;
};

// One call of each stage, by Stage.
using StageTimes = std::array<absl::Duration, kStageCount>;

struct WarmupTimes {
  StageTimes stages;       // the mean over the lanes
  absl::Duration elapsed;  // from the start to the end of the last lane
};

// Takes a batch of `shape` through encoding, one step, decoding and, where the model has a decoder
// for them, previews (else they cost what decoding does) on each of `lanes` new threads
// at the same time. Prompts differ between lanes and between values of `repetition`, so that a
// prompt cache does not hide the text encoder's cost. Errors name the model, size and batch: what
// the engine refused, or INTERNAL when a model draws a picture that is not finite.
absl::StatusOr<WarmupTimes> RunWarmup(StageEngine& engine, const Clock& clock,
                                      const WarmupShape& shape, int lanes, int repetition);

}  // namespace strobe::server

#endif  // STROBE_SERVER_WARMUP_RUN_H_
