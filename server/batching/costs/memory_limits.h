// What has been learnt from batches that did not fit into a device's memory.

#ifndef STROBE_SERVER_BATCHING_COSTS_MEMORY_LIMITS_H_
#define STROBE_SERVER_BATCHING_COSTS_MEMORY_LIMITS_H_

#include <map>

#include "absl/time/time.h"
#include "server/batching/costs/cost_model.h"
#include "server/batching/costs/stage.h"

namespace strobe::server {

// The rules:
//  1. A batch that did not fit is run again in batches of half its size at most, and these halved
//     again if need be: its samples are as they were, so they only have to wait for their turn. A
//     sample that does not fit alone ends its request.
//  2. The lesson holds for the batches of its stage and key for a minute; then the cap doubles, and
//     doubles again a minute later. When a larger batch does not fit then either, the cap falls
//     back and holds twice as long, up to an hour: memory that somebody else had taken for a while
//     is used again, and memory that is simply not there costs one failed batch an hour.
//  3. Three samples in a row that do not fit alone although their kind has run before, with nothing
//     run in between, mean that the memory is gone for good (leaked or fragmented; LibTorch does
//     not promise to recover): the device is as good as lost. A size that never fitted proves
//     nothing, so that no caller can bring a server down by asking for it.
// One device's. Pure: never reads a clock. Not thread-safe.
class MemoryLimits {
 public:
  // A batch of `batch_size` samples did not fit. True when the memory is gone (rule 3).
  bool DidNotFit(Stage stage, const BatchKey& key, int batch_size, absl::Time now);

  // A batch has run.
  void Fitted(Stage stage, const BatchKey& key);

  // The largest batch that may be tried, at most `max_batch_size`; at least 1.
  int Cap(Stage stage, const BatchKey& key, int max_batch_size, absl::Time now) const;

 private:
  struct Limit {
    int cap = 0;  // 0: none
    absl::Time since;
    absl::Duration hold;
    bool has_fitted = false;  // some batch of this kind
  };
  using Limits = std::map<BatchKey, Limit>;

  PerStage<Limits> limits_;
  int lone_failures_ = 0;  // in a row, of kinds that have fitted
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_COSTS_MEMORY_LIMITS_H_
