#include "server/startup/generation_backend.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "server/observability/logging.h"
#include "server/startup/batcher_forecast.h"
#include "server/startup/self_test.h"
#include "server/startup/warmup.h"

namespace strobe::server {
namespace {

constexpr char kSoftware[] = "strobe " STROBE_VERSION;

}  // namespace

GenerationBackend::GenerationBackend(const BackendOptions& options, const Clock& clock,
                                     ServerMetrics& metrics, ModelRegistry& models,
                                     std::vector<std::unique_ptr<StageEngine>> engines,
                                     std::function<void(const FatalFault&)> on_fatal_fault)
    : options_(options), clock_(clock), models_(models), engines_(std::move(engines)) {
  for (const LoadedModel& model : engines_.front()->models()) {
    models_.Add(model.key, model.description);
  }
  const ImagingOptions& imaging = options.imaging;
  // Room for every admitted sample, beside all partial images.
  const int max_queued = options.admission.queue_capacity + imaging.max_pending_partials;
  encode_stage_ = std::make_unique<EncodeStage>(imaging, kSoftware, clock, metrics.imaging,
                                                NewThreadPool(imaging.encode_threads, max_queued));
  batcher_ = std::make_unique<RequestBatcher>(options.batching, clock, *encode_stage_,
                                              metrics.batching, std::move(on_fatal_fault));
  admission_ = std::make_unique<AdmissionController>(options.admission, clock, metrics.admission,
                                                     ForecasterOf(*batcher_));
}

absl::Status GenerationBackend::WarmUp() {
  std::vector<BatchDevice> devices;
  std::vector<CostModel> costs;
  for (const auto& engine : engines_) {
    CostModel& cost_model = costs.emplace_back();
    int lanes = std::min(options_.lanes, engine->max_lanes());
    if (options_.lanes == 0) {
      STROBE_ASSIGN_OR_RETURN(lanes, ChooseLanes(engine->max_lanes(), [&](int count) {
                                return MeasureRate(*engine, max_batch_size(), count, clock_);
                              }));
    }
    engine->UseLanes(lanes);
    STROBE_RETURN_IF_ERROR(server::WarmUp(*engine, max_batch_size(), lanes, clock_, cost_model));
    if (!options_.skip_self_test) {
      const absl::Time start = clock_.Now();
      STROBE_RETURN_IF_ERROR(RunSelfTest(*engine, max_batch_size(), cost_model));
      Log(LogLevel::kInfo, "self-test passed",
          {{"seconds", absl::ToDoubleSeconds(clock_.Now() - start)}});
    }
    lanes_.push_back(lanes);
    devices.push_back({engine.get(), lanes});
  }
  batcher_->Start(std::move(devices), DeviceCosts(std::move(costs)));
  return absl::OkStatus();
}

void GenerationBackend::DescribeTo(prometheus::Registry& registry,
                                   const std::vector<std::string>& device_names) const {
  for (const ModelHandle& served : models_.List()) {
    const model::ModelDescription& model = served.description();
    AddModelInfo(registry, ModelInfo{model.name, model.pipeline_class, model.dtype, model.decoder,
                                     model.weights_fingerprint});
  }
  for (size_t i = 0; i < engines_.size(); ++i) {
    const DeviceFacts facts = engines_[i]->device_facts();
    AddDeviceInfo(registry, DeviceInfo{device_names[i], facts.hardware, facts.threads, lanes_[i]});
  }
}

void GenerationBackend::Stop() {
  batcher_->Stop();
  encode_stage_.reset();
}

}  // namespace strobe::server
