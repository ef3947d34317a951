#include "server/requests/request_intake.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace strobe::server {
namespace {

AdmissionRequest ToAdmissionRequest(const GenerationRequest& request) {
  const model::GenerationSpec& spec = request.samples.front();
  AdmissionRequest admission;
  admission.num_samples = static_cast<int>(request.samples.size());
  admission.key = KeyOf(request);
  admission.stages = request.stages;
  admission.denoise_steps = spec.num_inference_steps;
  const bool best_effort = request.deadline_policy == DeadlinePolicy::kBestEffort;
  admission.least_denoise_steps = best_effort ? 1 : request.min_inference_steps;
  admission.arrival = request.arrival;
  admission.deadline = request.deadline;
  admission.delivery = request.delivery;
  admission.caller = request.caller;
  admission.batch_priority = request.priority == Priority::kBatch;
  return admission;
}

// Of all prompts, a repeated one once.
int PromptBytes(const std::vector<model::GenerationSpec>& samples) {
  size_t bytes = samples.front().prompt.size();
  for (size_t i = 1; i < samples.size(); ++i) {
    if (samples[i].prompt != samples[i - 1].prompt) bytes += samples[i].prompt.size();
  }
  return static_cast<int>(bytes);
}

// Fills in what was asked for.
void Describe(const GenerationRequest& request, RequestRecord& record) {
  const model::GenerationSpec& spec = request.samples.front();
  record.model = request.model.description().name;
  record.num_images = static_cast<int>(request.samples.size());
  record.width = spec.width;
  record.height = spec.height;
  record.num_inference_steps = spec.num_inference_steps;
  record.prompt_bytes = PromptBytes(request.samples);
}

}  // namespace

RequestIntake::RequestIntake(Options options, const Clock& clock, RequestMetrics& metrics)
    : options_(std::move(options)), clock_(clock), metrics_(metrics), deadlines_(clock) {}

void RequestIntake::Install(const RequestBackend& backend) {
  absl::MutexLock lock(&mu_);
  backend_.emplace(backend);
}

std::optional<RequestBackend> RequestIntake::backend() const {
  absl::MutexLock lock(&mu_);
  return backend_;
}

absl::StatusOr<const ModelRegistry*> RequestIntake::models() const {
  const std::optional<RequestBackend> served = backend();
  if (!served.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  return &served->models;
}

std::shared_ptr<ImageSession> RequestIntake::Open(std::string request_id, std::string caller) {
  auto ledger = std::make_shared<RequestLedger>(metrics_, clock_, in_flight_, options_.log_request,
                                                std::move(request_id));
  ledger->record().caller = std::move(caller);
  return std::make_shared<ImageSession>(*this, std::move(ledger));
}

absl::StatusOr<RequestIntake::Admitted> RequestIntake::Admit(const ImageRequest& request,
                                                             absl::Duration time_left,
                                                             RequestLedger& ledger) const {
  const std::optional<RequestBackend> served = backend();
  if (!served.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  Admitted admitted;
  GenerationRequest& valid = admitted.request;
  STROBE_ASSIGN_OR_RETURN(valid, ValidateRequest(request, served->models, options_.limits,
                                                 options_.random, options_.max_encoded_bytes));
  RequestRecord& record = ledger.record();
  time_left = std::min(time_left, request.time_limit);
  valid.request_id = record.request_id;
  valid.caller = record.caller;
  valid.arrival = ledger.arrival();
  valid.deadline = valid.arrival + time_left;
  valid.delivery = deliveries_.MarginFor(time_left);
  Describe(valid, record);
  STROBE_ASSIGN_OR_RETURN(admitted.ticket, served->admission.Admit(ToAdmissionRequest(valid)));
  valid.deadline = admitted.ticket.deadline();
  return admitted;
}

absl::Status RequestIntake::Submit(std::shared_ptr<GenerationTask> task) const {
  return backend()->batcher.Submit(std::move(task));
}

void RequestIntake::WakeBatcher() const {
  if (const auto served = backend()) served->batcher.Wake();
}

absl::Status RequestIntake::CheckDraining() const {
  constexpr auto kDraining = AdmissionController::State::kDraining;
  const auto served = backend();
  const bool draining = served.has_value() && served->admission.state() == kDraining;
  return draining ? CheckServing(kDraining) : absl::OkStatus();
}

}  // namespace strobe::server
