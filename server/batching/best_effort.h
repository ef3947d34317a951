// Who of best effort is decoded with the estimate that it has: rule 5 of the batch policy. Pure.

#ifndef STROBE_SERVER_BATCHING_BEST_EFFORT_H_
#define STROBE_SERVER_BATCHING_BEST_EFFORT_H_

#include "server/batching/lineup.h"

namespace strobe::server {

// Lets candidates wait for kDecode in place of their next step when the step would make them late:
// kBestEffort with a step done, where all that is due no later of their key, each with the step or
// what it needs at least, is not done in time. It shares `free_lanes` of the device and runs in
// batches that are worth making. O(n log m) for m such due times.
void DecodeInTime(Lineup& lineup, int free_lanes);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BEST_EFFORT_H_
