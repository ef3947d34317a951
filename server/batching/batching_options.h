// What can be set about batches.

#ifndef STROBE_SERVER_BATCHING_BATCHING_OPTIONS_H_
#define STROBE_SERVER_BATCHING_BATCHING_OPTIONS_H_

#include "absl/time/time.h"

namespace strobe::server {

struct BatchPolicyOptions {
  int max_batch_size = 16;  // samples of a micro-batch, every stage; at least 1
  // A sample without a deadline counts as due this long after its arrival, and so does one whose
  // deadline is further away.
  absl::Duration ageing = absl::Seconds(30);
  // The same for batch priority.
  absl::Duration batch_priority_ageing = absl::Seconds(60);
};

struct BatchingOptions {
  BatchPolicyOptions policy;
  // A stage that has run for less never counts as hung; see HangLimit.
  absl::Duration hang_timeout = absl::Seconds(60);
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_BATCHING_OPTIONS_H_
