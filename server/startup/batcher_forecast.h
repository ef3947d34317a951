// Joins admission to the batcher.

#ifndef STROBE_SERVER_STARTUP_BATCHER_FORECAST_H_
#define STROBE_SERVER_STARTUP_BATCHER_FORECAST_H_

#include "server/admission/admission_controller.h"
#include "server/batching/request_batcher.h"

namespace strobe::server {

// `batcher` must outlive what is returned. Thread-safe.
inline AdmissionController::Forecaster ForecasterOf(const RequestBatcher& batcher) {
  return [&batcher](const AdmissionRequest& request) {
    LoadForecast forecast;
    batcher.Inspect([&](const BatchScheduler& scheduler, absl::Time now) {
      forecast = Forecast(request, scheduler, now);
    });
    return forecast;
  };
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_BATCHER_FORECAST_H_
