// What admission shows of itself.

#ifndef STROBE_SERVER_ADMISSION_ADMISSION_METRICS_H_
#define STROBE_SERVER_ADMISSION_ADMISSION_METRICS_H_

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct AdmissionMetrics {
  explicit AdmissionMetrics(prometheus::Registry& registry);

  prometheus::Gauge& queue_capacity;  // samples
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_ADMISSION_ADMISSION_METRICS_H_
