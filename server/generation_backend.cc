#include "server/generation_backend.h"

#include <thread>
#include <utility>

#include "server/warmup.h"

namespace strobe::server {
namespace {

constexpr char kSoftware[] = "strobe " STROBE_VERSION;

}  // namespace

GenerationBackend::GenerationBackend(const ServerOptions& options, const Clock& clock,
                                     Metrics& metrics, std::unique_ptr<StageEngine> engine)
    : max_batch_size_(options.max_batch_size), clock_(clock), engine_(std::move(engine)) {
  EncodeStage::Options encoding;
  encoding.software = kSoftware;
  encoding.embed_prompts = options.embed_prompts;
  for (const model::ModelDescription& model : models()) encoding.model_names.push_back(model.name);
  // Room for every admitted sample, beside all partial images.
  const int max_queued = options.queue_capacity + encoding.max_pending_partials;
  encode_stage_ = std::make_unique<EncodeStage>(encoding, clock, metrics,
                                                NewThreadPool(options.encode_threads, max_queued));
  batcher_ = std::make_unique<RequestBatcher>(
      RequestBatcher::Options{.max_batch_size = options.max_batch_size}, clock, *engine_,
      *encode_stage_, metrics, CostModel());
  AdmissionController::Options limits;
  limits.queue_capacity = options.queue_capacity;
  limits.max_requests_per_caller = options.caller_inflight_limit;
  limits.max_request_duration = options.max_request_duration;
  const auto load = [batcher = batcher_.get()]() -> LoadSnapshot {
    const RequestBatcher::Load now = batcher->load();
    return {now.waiting_samples, now.running_samples, now.predicted_work, batcher->cost_model()};
  };
  admission_ = std::make_unique<AdmissionController>(limits, clock, metrics, load);
}

absl::Status GenerationBackend::WarmUp() {
  absl::StatusOr<CostModel> cost_model;
  // On a thread of its own, as batches will run: OpenMP's threads and their way of waiting belong
  // to the thread that uses them, and the times must be those of serving.
  std::thread([this, &cost_model] {
    cost_model = server::WarmUp(*engine_, max_batch_size_, clock_);
  }).join();
  if (!cost_model.ok()) return cost_model.status();
  batcher_->SetCostModel(*std::move(cost_model));
  return absl::OkStatus();
}

void GenerationBackend::Stop() {
  batcher_->Stop();
  encode_stage_.reset();
}

}  // namespace strobe::server
