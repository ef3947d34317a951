#include "server/batching/batch_metrics.h"

#include <string>

#include "server/observability/metric_builders.h"
#include "server/observability/shared_metrics.h"

namespace strobe::server {
namespace {

constexpr char kWasted[] = "strobe_wasted_compute_seconds_total";
constexpr char kWastedHelp[] = "Device time spent on requests that ended without their images.";

}  // namespace

BatchMetrics::BatchMetrics(prometheus::Registry& registry)
    : queue_depth(AddGauge(registry, "strobe_queue_depth", "Samples that wait for the device.")),
      queue_wait_seconds(AddHistogram(registry, "strobe_queue_wait_seconds",
                                      "Time from arrival to the first stage of a sample.",
                                      LatencyBuckets())),
      joins_total(AddCounter(registry, "strobe_batch_joins_total",
                             "Samples whose first step is in one batch with samples that are "
                             "further on.")),
      mixed_step_batches_total(AddCounter(registry, "strobe_mixed_step_batches_total",
                                          "Denoising micro-batches whose samples are at different "
                                          "steps.")),
      denoise_steps_total(AddCounter(registry, "strobe_denoise_steps_total",
                                     "Denoising steps done, one for each sample of a batch.")),
      denoise_steps_saved_total(
          AddCounter(registry, "strobe_denoise_steps_saved_total",
                     "Denoising steps that were asked for and, under load, not spent (within "
                     "min_inference_steps).")),
      partial_images_dropped_total(PartialImagesDropped(registry)),
      wasted_compute_cancelled_seconds(
          AddCounter(registry, kWasted, kWastedHelp, {{"reason", "cancelled"}})),
      wasted_compute_expired_seconds(
          AddCounter(registry, kWasted, kWastedHelp, {{"reason", "expired"}})),
      wasted_compute_failed_seconds(
          AddCounter(registry, kWasted, kWastedHelp, {{"reason", "failed"}})) {
  for (const model::Stage stage : model::kAllStages) {
    if (!model::kServedStages.contains(stage)) continue;
    const std::string name(model::StageName(stage));
    batch_size_[stage] = std::make_unique<GuardedHistogram>(
        AddHistogram(registry, "strobe_batch_size", "Samples in a micro-batch.", BatchSizeBuckets(),
                     {{"stage", name}}));
    stage_duration_seconds_[stage] =
        std::make_unique<GuardedHistogram>(StageDurationSeconds(registry, name));
  }
  for (const EngineFault fault : kAllEngineFaults) {
    engine_faults_[static_cast<size_t>(fault)] =
        &AddCounter(registry, "strobe_engine_faults_total",
                    "Batches and pictures that the engine could not make.",
                    {{"kind", std::string(EngineFaultName(fault))}});
  }
}

void BatchMetrics::CountBatch(model::Stage stage, int batch_size, double seconds) {
  if (!model::kServedStages.contains(stage)) return;
  batch_size_[stage]->Observe(batch_size);
  stage_duration_seconds_[stage]->Observe(seconds);
}

}  // namespace strobe::server
