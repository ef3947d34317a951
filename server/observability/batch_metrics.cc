#include "server/observability/batch_metrics.h"

#include "server/observability/metric_builders.h"

namespace strobe::server {

BatchMetrics::BatchMetrics(prometheus::Registry& registry)
    : joins_total(AddCounter(registry, "strobe_batch_joins_total",
                             "Samples whose first step is in one batch with samples that are "
                             "further on.")),
      mixed_step_batches_total(AddCounter(registry, "strobe_mixed_step_batches_total",
                                          "Denoising micro-batches whose samples are at different "
                                          "steps.")) {
  for (size_t stage = 0; stage < used_rows.size(); ++stage) {
    const auto add = [&](const char* kind) {
      return &AddCounter(registry, "strobe_network_rows_total",
                         "Rows that the networks were called with: of samples, or filled up to a "
                         "fixed number.",
                         {{"stage", kStageLabels[stage]}, {"kind", kind}});
    };
    used_rows[stage] = add("used");
    padding_rows[stage] = add("padding");
  }
}

}  // namespace strobe::server
