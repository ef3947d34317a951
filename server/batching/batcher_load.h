// What waits and runs in the batcher.

#ifndef STROBE_SERVER_BATCHING_BATCHER_LOAD_H_
#define STROBE_SERVER_BATCHING_BATCHER_LOAD_H_

#include "absl/time/time.h"

namespace strobe::server {

struct BatcherLoad {
  int waiting_samples = 0;
  int running_samples = 0;
  absl::Duration predicted_work;  // until the lanes together are through with all of it
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BATCHER_LOAD_H_
