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

GenerationBackend::GenerationBackend(const ServerOptions& options, const Clock& clock,
                                     ServerMetrics& metrics, ModelRegistry& models,
                                     std::vector<std::unique_ptr<StageEngine>> engines,
                                     std::function<void(const FatalFault&)> on_fatal_fault)
    : max_batch_size_(options.max_batch_size),
      lanes_wanted_(options.lanes),
      skip_self_test_(options.skip_self_test),
      device_names_(options.devices),
      clock_(clock),
      models_(models),
      engines_(std::move(engines)) {
  for (const LoadedModel& model : engines_.front()->models()) {
    models_.Add(model.key, model.description);
  }
  EncodeStage::Options encoding;
  encoding.software = kSoftware;
  encoding.embed_prompts = options.embed_prompts;
  // Room for every admitted sample, beside all partial images.
  const int max_queued = options.queue_capacity + encoding.max_pending_partials;
  encode_stage_ = std::make_unique<EncodeStage>(encoding, clock, metrics.imaging,
                                                NewThreadPool(options.encode_threads, max_queued));
  RequestBatcher::Options batching;
  batching.max_batch_size = options.max_batch_size;
  batching.hang_timeout = options.hang_timeout;
  batching.on_fatal_fault = std::move(on_fatal_fault);
  batcher_ = std::make_unique<RequestBatcher>(batching, clock, *encode_stage_, metrics.batching);
  AdmissionController::Options limits;
  limits.queue_capacity = options.queue_capacity;
  limits.max_queue_wait = options.max_queue_wait;
  limits.caller_inflight_limit = options.caller_inflight_limit;
  limits.max_request_duration = options.max_request_duration;
  admission_ = std::make_unique<AdmissionController>(limits, clock, metrics.admission,
                                                     ForecasterOf(*batcher_));
}

absl::Status GenerationBackend::WarmUp() {
  std::vector<BatchDevice> devices;
  std::vector<CostModel> costs;
  for (const auto& engine : engines_) {
    CostModel& cost_model = costs.emplace_back();
    absl::StatusOr<int> lanes = std::min(lanes_wanted_, engine->max_lanes());
    if (lanes_wanted_ == 0) {
      lanes = ChooseLanes(engine->max_lanes(), [&](int count) {
        return MeasureRate(*engine, max_batch_size_, count, clock_);
      });
    }
    if (!lanes.ok()) return lanes.status();
    engine->UseLanes(*lanes);
    STROBE_RETURN_IF_ERROR(server::WarmUp(*engine, max_batch_size_, *lanes, clock_, cost_model));
    if (!skip_self_test_) {
      const absl::Time start = clock_.Now();
      STROBE_RETURN_IF_ERROR(RunSelfTest(*engine, max_batch_size_, cost_model));
      Log(LogLevel::kInfo, "self-test passed",
          {{"seconds", absl::ToDoubleSeconds(clock_.Now() - start)}});
    }
    lanes_.push_back(*lanes);
    devices.push_back({engine.get(), *lanes});
  }
  batcher_->Start(std::move(devices), DeviceCosts(std::move(costs)));
  return absl::OkStatus();
}

void GenerationBackend::DescribeTo(prometheus::Registry& registry) const {
  for (const ModelHandle& served : models_.List()) {
    const model::ModelDescription& model = served.description();
    AddModelInfo(registry, ModelInfo{model.name, model.pipeline_class, model.dtype, model.decoder,
                                     model.weights_fingerprint});
  }
  for (size_t i = 0; i < engines_.size(); ++i) {
    const DeviceFacts facts = engines_[i]->device_facts();
    AddDeviceInfo(registry, DeviceInfo{device_names_[i], facts.hardware, facts.threads, lanes_[i]});
  }
}

void GenerationBackend::Stop() {
  batcher_->Stop();
  encode_stage_.reset();
}

}  // namespace strobe::server
