// What admission decides by: a request, the present load, and how long the one takes behind what
// of the other goes first.

#ifndef STROBE_SERVER_ADMISSION_ADMISSION_REQUEST_H_
#define STROBE_SERVER_ADMISSION_ADMISSION_REQUEST_H_

#include <string>

#include "absl/time/time.h"
#include "server/batching/batch_scheduler.h"
#include "server/batching/batcher_load.h"
#include "server/batching/costs/device_costs.h"
#include "server/batching/waiting_sample.h"

namespace strobe::server {

// What admission needs to know about a validated request.
struct AdmissionRequest {
  int num_samples = 1;
  BatchKey key;
  model::StageSet stages = model::kTextToImage;  // that each sample passes through
  int denoise_steps = 1;                         // of each sample
  int least_denoise_steps = 1;  // when the deadline does not leave time for all of them
  absl::Time arrival;
  absl::Time deadline = absl::InfiniteFuture();  // the caller's own
  absl::Duration delivery;                       // what remains of it when its device time is over
  std::string caller;                            // identity for the in-flight cap
  bool batch_priority = false;                   // gives way to those that somebody waits for
};

// What a request finds and what it adds to it.
struct LoadForecast {
  BatcherLoad present;
  absl::Duration wait;      // how much later than alone it is done; see expected_wait.h
  absl::Duration expected;  // its own device time: all its steps, by the mean times
  absl::Duration least;     // its least steps, by the best times seen
};

// For a request with the deadline that admission grants.
LoadForecast Forecast(const AdmissionRequest& request, const BatchScheduler& scheduler,
                      absl::Time now);
LoadForecast Forecast(const AdmissionRequest& request, const BatcherLoad& present,
                      absl::Duration wait, const DeviceCosts& costs, int max_batch_size);

// The first sample of `request` as it would wait.
WaitingSample AsWaiting(const AdmissionRequest& request);

}  // namespace strobe::server

#endif  // STROBE_SERVER_ADMISSION_ADMISSION_REQUEST_H_
