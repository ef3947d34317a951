// What the encoding of pictures counts.

#ifndef STROBE_SERVER_IMAGING_IMAGING_METRICS_H_
#define STROBE_SERVER_IMAGING_IMAGING_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "server/observability/guarded_histogram.h"

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct ImagingMetrics {
  explicit ImagingMetrics(prometheus::Registry& registry);

  GuardedHistogram encode_image_duration_seconds;  // strobe_stage_duration_seconds{encode_image}
  prometheus::Counter& partial_images_dropped_total;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_IMAGING_IMAGING_METRICS_H_
