#include "server/rpc/request_intake.h"

#include <utility>
#include <vector>

#include "server/rpc/response_events.h"

namespace strobe::server {
namespace {

AdmissionRequest ToAdmissionRequest(const GenerationRequest& request, const std::string& caller) {
  const model::GenerationSpec& spec = request.samples.front();
  AdmissionRequest admission;
  admission.num_samples = static_cast<int>(request.samples.size());
  admission.key = {request.model_index, spec.width, spec.height};
  admission.stages = request.stages;
  admission.denoise_steps = spec.num_inference_steps;
  const bool best_effort = request.deadline_policy == DeadlinePolicy::kBestEffort;
  admission.least_denoise_steps = best_effort ? 1 : request.min_inference_steps;
  admission.arrival = request.arrival;
  admission.deadline = request.deadline;
  admission.delivery = request.delivery;
  admission.caller = caller;
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
void Describe(const GenerationRequest& request, const model::ModelDescription& model,
              RequestRecord& record) {
  const model::GenerationSpec& spec = request.samples.front();
  record.model = model.name;
  record.num_images = static_cast<int>(request.samples.size());
  record.width = spec.width;
  record.height = spec.height;
  record.num_inference_steps = spec.num_inference_steps;
  record.prompt_bytes = PromptBytes(request.samples);
}

}  // namespace

std::shared_ptr<RequestLedger> RequestIntake::OpenBooks(std::string request_id,
                                                        std::string caller) const {
  auto ledger = std::make_shared<RequestLedger>(deps_.metrics, deps_.clock, deps_.log_request,
                                                std::move(request_id));
  ledger->record().caller = std::move(caller);
  return ledger;
}

absl::StatusOr<RequestIntake::Admitted> RequestIntake::Admit(const ParsedRequest& request,
                                                             absl::Duration time_left,
                                                             RequestLedger& ledger) const {
  const std::optional<ServiceBackend> backend = backend_.Get();
  if (!backend.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  absl::StatusOr<GenerationRequest> valid =
      ValidateRequest(request, backend->models, deps_.limits, deps_.random);
  if (!valid.ok()) return valid.status();
  RequestRecord& record = ledger.record();
  valid->request_id = record.request_id;
  valid->caller = record.caller;
  valid->arrival = ledger.arrival();
  valid->deadline = valid->arrival + time_left;
  valid->delivery = deliveries_.MarginFor(time_left);
  Describe(*valid, backend->models[valid->model_index], record);

  absl::StatusOr<AdmissionController::Ticket> ticket =
      backend->admission.Admit(ToAdmissionRequest(*valid, record.caller));
  if (!ticket.ok()) return ticket.status();
  valid->deadline = ticket->deadline();
  const v1::GenerateImagesResponse accepted =
      AcceptedEvent(record.request_id, ticket->queue_position(), ticket->estimated_duration());
  return Admitted{*std::move(valid), *std::move(ticket), accepted};
}

absl::Status RequestIntake::Submit(std::shared_ptr<GenerationTask> task) const {
  return backend_.Get()->batcher.Submit(std::move(task));
}

void RequestIntake::WakeBatcher() const {
  if (const auto backend = backend_.Get()) backend->batcher.Wake();
}

absl::Status RequestIntake::CheckDraining() const {
  constexpr auto kDraining = AdmissionController::State::kDraining;
  const auto backend = backend_.Get();
  const bool draining = backend.has_value() && backend->admission.state() == kDraining;
  return draining ? CheckServing(kDraining) : absl::OkStatus();
}

}  // namespace strobe::server
