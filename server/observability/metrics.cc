#include "server/observability/metrics.h"

#include <iterator>

#include "server/observability/metric_builders.h"
#include "server/observability/process_collector.h"
#include "server/observability/shared_metrics.h"

namespace strobe::server {
namespace {

constexpr char kOther[] = "other";
constexpr char kDeviceMemory[] = "strobe_device_memory_bytes";
constexpr char kDeviceMemoryHelp[] = "Device memory held by the model runtime.";
constexpr char kWasted[] = "strobe_wasted_compute_seconds_total";
constexpr char kWastedHelp[] = "Device time spent on requests that ended without their images.";

}  // namespace

Metrics::Metrics(const BuildInfo& build_info)
    : registry_(std::make_shared<prometheus::Registry>()),
      process_(std::make_shared<ProcessCollector>()),
      requests_started(AddCounter(*registry_, "strobe_requests_started_total",
                                  "Requests that arrived; the sum of all outcomes and in flight.")),
      inflight_requests(AddGauge(*registry_, "strobe_inflight_requests",
                                 "Requests that have arrived and have not ended.")),
      queue_depth(AddGauge(*registry_, "strobe_queue_depth", "Samples that wait for the device.")),
      queue_capacity(AddGauge(*registry_, "strobe_queue_capacity",
                              "Samples that may be admitted at the same time.")),
      ready(AddGauge(*registry_, "strobe_ready", "1 while the server reports that it is ready.")),
      draining(AddGauge(*registry_, "strobe_draining", "1 while the server drains.")),
      model_loaded_timestamp_seconds(AddGauge(*registry_, "strobe_model_loaded_timestamp_seconds",
                                              "When the models were loaded, Unix time.")),
      device_memory_allocated_bytes(
          AddGauge(*registry_, kDeviceMemory, kDeviceMemoryHelp, {{"kind", "allocated"}})),
      device_memory_reserved_bytes(
          AddGauge(*registry_, kDeviceMemory, kDeviceMemoryHelp, {{"kind", "reserved"}})),
      request_duration_seconds(AddHistogram(*registry_, "strobe_request_duration_seconds",
                                            "Time from arrival to end of a request.",
                                            LatencyBuckets())),
      queue_wait_seconds(AddHistogram(*registry_, "strobe_queue_wait_seconds",
                                      "Time from arrival to the first stage of a sample.",
                                      LatencyBuckets())),
      time_to_first_image_seconds(AddHistogram(*registry_, "strobe_time_to_first_image_seconds",
                                               "Time from arrival to the first final image.",
                                               LatencyBuckets())),
      images_total(AddCounter(*registry_, "strobe_images_total", "Final images delivered.")),
      partial_images_dropped_total(PartialImagesDropped(*registry_)),
      denoise_steps_total(AddCounter(*registry_, "strobe_denoise_steps_total",
                                     "Denoising steps done, one for each sample of a batch.")),
      denoise_steps_saved_total(
          AddCounter(*registry_, "strobe_denoise_steps_saved_total",
                     "Denoising steps that were asked for and, under load, not spent (within "
                     "min_inference_steps).")),
      wasted_compute_cancelled_seconds(
          AddCounter(*registry_, kWasted, kWastedHelp, {{"reason", "cancelled"}})),
      wasted_compute_expired_seconds(
          AddCounter(*registry_, kWasted, kWastedHelp, {{"reason", "expired"}})),
      wasted_compute_failed_seconds(
          AddCounter(*registry_, kWasted, kWastedHelp, {{"reason", "failed"}})),
      pictures_recovered_total(AddCounter(*registry_, "strobe_pictures_recovered_total",
                                          "Pictures that were not finite until they were decoded "
                                          "again in float32.")),
      prompt_cache_hits_total(AddCounter(*registry_, "strobe_prompt_cache_hits_total",
                                         "Prompts whose embedding was cached.")),
      prompt_cache_misses_total(AddCounter(*registry_, "strobe_prompt_cache_misses_total",
                                           "Prompts that had to be encoded.")),
      batches(*registry_),
      security(*registry_),
      grpc_(*registry_) {
  AddBuildInfo(*registry_, build_info);
  AddStageHistograms();
  AddEngineFaults();
  AddRequestCounters();
}

void Metrics::AddStageHistograms() {
  for (const model::Stage stage : model::kAllStages) {
    if (!model::kServedStages.contains(stage)) continue;
    const Labels labels = {{"stage", std::string(model::StageName(stage))}};
    batch_size_[stage] = std::make_unique<GuardedHistogram>(AddHistogram(
        *registry_, "strobe_batch_size", "Samples in a micro-batch.", BatchSizeBuckets(), labels));
    stage_duration_seconds_[stage] = std::make_unique<GuardedHistogram>(
        StageDurationSeconds(*registry_, std::string(model::StageName(stage))));
  }
}

void Metrics::CountBatch(model::Stage stage, int batch_size, double seconds) {
  if (!model::kServedStages.contains(stage)) return;
  batch_size_[stage]->Observe(batch_size);
  stage_duration_seconds_[stage]->Observe(seconds);
}

void Metrics::AddEngineFaults() {
  constexpr const char* kKinds[] = {"error", "out_of_memory", "not_finite", "device_lost", "hung"};
  for (size_t i = 0; i < std::size(kKinds); ++i) {
    engine_faults_total[i] =
        &AddCounter(*registry_, "strobe_engine_faults_total",
                    "Batches and pictures that the engine could not make.", {{"kind", kKinds[i]}});
  }
}

void Metrics::AddRequestCounters() {
  const auto add = [this](Outcome outcome, const std::string& reason) {
    requests_total_[{outcome, reason}] =
        &AddCounter(*registry_, "strobe_requests_total", "Requests that ended, by outcome.",
                    {{"outcome", std::string(OutcomeName(outcome))}, {"reason", reason}});
  };
  for (const Outcome outcome : kAllOutcomes) {
    for (const Reason reason : KnownReasons(outcome)) add(outcome, std::string(ReasonName(reason)));
    add(outcome, kOther);
  }
}

void Metrics::CountRequest(Outcome outcome, Reason reason) {
  const auto found = requests_total_.find({outcome, std::string(ReasonName(reason))});
  (found != requests_total_.end() ? found->second : requests_total_.at({outcome, kOther}))
      ->Increment();
}

std::vector<std::shared_ptr<prometheus::Collectable>> Metrics::collectables() const {
  return {registry_, process_};
}

}  // namespace strobe::server
