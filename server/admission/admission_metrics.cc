#include "server/admission/admission_metrics.h"

#include "server/observability/metric_builders.h"

namespace strobe::server {

AdmissionMetrics::AdmissionMetrics(prometheus::Registry& registry)
    : queue_capacity(AddGauge(registry, "strobe_queue_capacity",
                              "Samples that may be admitted at the same time.")) {}

}  // namespace strobe::server
