#include "server/observability/batch_metrics.h"

#include <string>

#include "server/observability/metric_builders.h"

namespace strobe::server {

BatchMetrics::BatchMetrics(prometheus::Registry& registry)
    : joins_total(AddCounter(registry, "strobe_batch_joins_total",
                             "Samples whose first step is in one batch with samples that are "
                             "further on.")),
      mixed_step_batches_total(AddCounter(registry, "strobe_mixed_step_batches_total",
                                          "Denoising micro-batches whose samples are at different "
                                          "steps.")) {
  for (const model::Stage stage : model::kAllStages) {
    if (!model::kServedStages.contains(stage)) continue;
    const auto add = [&](const char* kind) {
      return &AddCounter(registry, "strobe_network_rows_total",
                         "Rows that the networks were called with: of samples, or filled up to a "
                         "fixed number.",
                         {{"stage", std::string(model::StageName(stage))}, {"kind", kind}});
    };
    used_rows_[stage] = add("used");
    padding_rows_[stage] = add("padding");
  }
}

void BatchMetrics::CountRows(model::Stage stage, int used, int padding) {
  if (!model::kServedStages.contains(stage)) return;
  used_rows_[stage]->Increment(used);
  padding_rows_[stage]->Increment(padding);
}

}  // namespace strobe::server
