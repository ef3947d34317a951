// Series that more than one room counts.

#ifndef STROBE_SERVER_OBSERVABILITY_SHARED_METRICS_H_
#define STROBE_SERVER_OBSERVABILITY_SHARED_METRICS_H_

#include <string>

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace strobe::server {

// strobe_partial_images_dropped_total. The same counter for every caller.
prometheus::Counter& PartialImagesDropped(prometheus::Registry& registry);

// strobe_stage_duration_seconds{stage}.
prometheus::Histogram& StageDurationSeconds(prometheus::Registry& registry,
                                            const std::string& stage);

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_SHARED_METRICS_H_
