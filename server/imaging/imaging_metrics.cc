#include "server/imaging/imaging_metrics.h"

#include "server/observability/shared_metrics.h"

namespace strobe::server {

ImagingMetrics::ImagingMetrics(prometheus::Registry& registry)
    : encode_image_duration_seconds(StageDurationSeconds(registry, "encode_image")),
      partial_images_dropped_total(PartialImagesDropped(registry)) {}

}  // namespace strobe::server
