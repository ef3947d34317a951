// Draws pictures that are known before the first request is taken.

#ifndef STROBE_SERVER_STARTUP_SELF_TEST_H_
#define STROBE_SERVER_STARTUP_SELF_TEST_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/stage_engine.h"

namespace strobe::server {

// For every model of `engine`:
//  1. The pictures stored in its directory's folder `self_test` (model::ReadStoredPictures), and
//     beside them others at the default size, of different seeds and step counts, fill a batch. Its
//     first and its last picture are drawn alone as well and must be the same: off by at most 1 on
//     at most 0.1 % of the values.
//  2. The stored pictures must come out as they are stored, within their own tolerance.
// Models that compute in 16 bits round differently in every batch and on every processor: theirs
// are the same picture when they are off by at most 4 of 255 on average.
// The batch is `max_batch_size` where `costs` says that this takes less than ten seconds, else as
// small as it has to be, but at least 2 (if that is allowed).
// DATA_LOSS says which picture of which model is wrong, and by how much; INVALID_ARGUMENT which
// file cannot be read; other errors are the engine's. Calls the engine on a thread of its own.
absl::Status RunSelfTest(StageEngine& engine, int max_batch_size, const CostModel& costs);

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_SELF_TEST_H_
