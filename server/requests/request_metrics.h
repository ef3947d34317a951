// What requests count from arrival to end.

#ifndef STROBE_SERVER_REQUESTS_REQUEST_METRICS_H_
#define STROBE_SERVER_REQUESTS_REQUEST_METRICS_H_

#include <map>
#include <string>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "server/observability/guarded_histogram.h"
#include "server/observability/request_outcome.h"

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct RequestMetrics {
  explicit RequestMetrics(prometheus::Registry& registry);

  // strobe_requests_total{outcome,reason}; a reason that is not KnownReasons' becomes "other".
  void CountEnd(Outcome outcome, Reason reason);

  prometheus::Counter& started_total;  // = sum of outcomes + in flight
  prometheus::Gauge& in_flight;
  GuardedHistogram duration_seconds;
  GuardedHistogram time_to_first_image_seconds;
  prometheus::Counter& images_total;

 private:
  std::map<std::pair<Outcome, std::string>, prometheus::Counter*> ended_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_REQUEST_METRICS_H_
