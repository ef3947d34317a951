// Every metric of the server: a struct for each room, which gets no other.

#ifndef STROBE_SERVER_STARTUP_SERVER_METRICS_H_
#define STROBE_SERVER_STARTUP_SERVER_METRICS_H_

#include "server/imaging/imaging_metrics.h"
#include "server/observability/metrics.h"

namespace strobe::server {

// Made before the ports open, so that every series is there from the first scrape on. Thread-safe.
struct ServerMetrics : Metrics {
  explicit ServerMetrics(const BuildInfo& build_info = {})
      : Metrics(build_info), imaging(*registry()) {}

  ImagingMetrics imaging;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_SERVER_METRICS_H_
