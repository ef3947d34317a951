#include "server/observability/shared_metrics.h"

#include "server/observability/metric_builders.h"

namespace strobe::server {

prometheus::Counter& PartialImagesDropped(prometheus::Registry& registry) {
  return AddCounter(registry, "strobe_partial_images_dropped_total",
                    "Partial images given up for other work.");
}

prometheus::Histogram& StageDurationSeconds(prometheus::Registry& registry,
                                            const std::string& stage) {
  return AddHistogram(registry, "strobe_stage_duration_seconds",
                      "Duration of a stage on one micro-batch.", StageBuckets(),
                      {{"stage", stage}});
}

}  // namespace strobe::server
