#include "server/rpc/image_generation_service.h"

#include <optional>
#include <string>
#include <utility>

#include "server/base/request_error.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/request_parser.h"
#include "server/rpc/response_events.h"
#include "server/rpc/status_details.h"

namespace strobe::server {
namespace {

absl::Status LiveImagesNotOffered() {
  ErrorDetails details;
  details.reason = "LIVE_IMAGES_NOT_OFFERED";
  return RequestError(absl::StatusCode::kUnimplemented,
                      "LiveImages is not offered by this server; use GenerateImages", details);
}

// A call without a message: its caller cancelled it at once, which gRPC does not tell this early.
absl::Status NoMessage() {
  ErrorDetails details;
  details.reason = "CANCELLED";
  return RequestError(absl::StatusCode::kCancelled, "the call ended before its request came",
                      details);
}

AdmissionRequest ToAdmissionRequest(const GenerationRequest& request, const std::string& caller) {
  const model::GenerationSpec& spec = request.samples.front();
  AdmissionRequest admission;
  admission.num_samples = static_cast<int>(request.samples.size());
  admission.key = {request.model_index, spec.width, spec.height};
  admission.denoise_steps = spec.num_inference_steps;
  const bool best_effort = request.deadline_policy == DeadlinePolicy::kBestEffort;
  admission.least_denoise_steps = best_effort ? 1 : request.min_inference_steps;
  admission.arrival = request.arrival;
  admission.deadline = request.deadline;
  admission.caller = caller;
  return admission;
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
  record.prompt_bytes = static_cast<int>(spec.prompt.size());
}

// Keeps grpc_server_* for a call of another method.
class CallCount {
 public:
  CallCount(Metrics& metrics, const Clock& clock, absl::string_view method)
      : metrics_(metrics), clock_(clock), method_(method), start_(clock.Now()) {
    metrics_.GrpcStarted(method_);
  }
  void Handled(const absl::Status& status) {
    metrics_.GrpcHandled(method_, static_cast<int>(status.code()),
                         absl::ToDoubleSeconds(clock_.Now() - start_));
  }

 private:
  Metrics& metrics_;
  const Clock& clock_;
  const absl::string_view method_;
  const absl::Time start_;
};

class RefusedLiveImages final
    : public grpc::ServerBidiReactor<v1::LiveImagesRequest, v1::LiveImagesResponse> {
 public:
  explicit RefusedLiveImages(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

ImageGenerationService::ImageGenerationService(ServiceDeps deps)
    : deps_(std::move(deps)), watchdog_(deps_.clock, deps_.watchdog_period) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ImageGenerationService::GenerateImages(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  auto ledger = std::make_unique<RequestLedger>(deps_.metrics, deps_.clock, deps_.log_request,
                                                RequestIdOf(*context, deps_.random()));
  ledger->record().caller = WithoutPort(context->peer());
  const auto wake_batcher = [this] {
    if (const auto backend = backend_.Get()) backend->batcher.Wake();
  };
  const ResultStream::Environment environment{deps_.clock, deps_.metrics, watchdog_, wake_batcher};
  const std::shared_ptr<ResultStream> stream =
      ResultStream::Create(deps_.stream, environment, *context, std::move(ledger));
  if (absl::Status status = Start(*context, *request, *stream); !status.ok()) {
    stream->Refuse(std::move(status));
  }
  return stream.get();
}

absl::Status ImageGenerationService::Start(grpc::CallbackServerContext& context,
                                           const grpc::ByteBuffer& bytes, ResultStream& stream) {
  RequestRecord& record = stream.ledger().record();
  absl::StatusOr<std::string> caller = IdentifyCaller(context, deps_.tokens);
  if (!caller.ok()) return caller.status();
  record.caller = *std::move(caller);
  const std::optional<ServiceBackend> backend = backend_.Get();
  if (!backend.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  if (!bytes.Valid()) return NoMessage();
  const absl::StatusOr<v1::GenerateImagesRequest> parsed = ParseGenerateImagesRequest(bytes);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<GenerationRequest> request =
      ValidateRequest(*parsed, backend->models, deps_.limits, deps_.random);
  if (!request.ok()) return request.status();
  request->request_id = record.request_id;
  request->caller = record.caller;
  request->arrival = stream.ledger().arrival();
  request->deadline = request->arrival + RemainingTimeOf(context);
  Describe(*request, backend->models[request->model_index], record);

  absl::StatusOr<AdmissionController::Ticket> ticket =
      backend->admission.Admit(ToAdmissionRequest(*request, record.caller));
  if (!ticket.ok()) return ticket.status();
  request->deadline = ticket->deadline();
  const v1::GenerateImagesResponse accepted =
      AcceptedEvent(record.request_id, ticket->queue_position(), ticket->estimated_duration());
  auto task = std::make_shared<GenerationTask>(*std::move(request), stream.shared_from_this());
  stream.Attach(task, *std::move(ticket));
  if (absl::Status status = backend->batcher.Submit(std::move(task)); !status.ok()) return status;
  context.AddInitialMetadata(kRequestIdKey, record.request_id);
  stream.Open(accepted);
  return absl::OkStatus();
}

grpc::ServerBidiReactor<v1::LiveImagesRequest, v1::LiveImagesResponse>*
ImageGenerationService::LiveImages(grpc::CallbackServerContext* context) {
  CallCount count(deps_.metrics, deps_.clock, "LiveImages");
  const absl::Status status = LiveImagesNotOffered();
  count.Handled(status);
  return new RefusedLiveImages(ToGrpcStatus(status, RequestIdOf(*context, deps_.random())));
}

grpc::ServerUnaryReactor* ImageGenerationService::ListModels(grpc::CallbackServerContext* context,
                                                             const grpc::ByteBuffer* /*request*/,
                                                             grpc::ByteBuffer* response) {
  CallCount count(deps_.metrics, deps_.clock, "ListModels");
  deps_.metrics.GrpcMessageReceived("ListModels");
  const absl::StatusOr<v1::ListModelsResponse> list = DescribeModels(*context);
  if (list.ok()) {
    *response = Serialize(*list);
    deps_.metrics.GrpcMessageSent("ListModels");
  } else {
    AddRetryPushback(list.status(), *context);
  }
  count.Handled(list.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(list.status(), RequestIdOf(*context, deps_.random())));
  return reactor;
}

absl::StatusOr<v1::ListModelsResponse> ImageGenerationService::DescribeModels(
    const grpc::CallbackServerContext& context) const {
  const auto caller = IdentifyCaller(context, deps_.tokens);
  if (!caller.ok()) return caller.status();
  const std::optional<ServiceBackend> backend = backend_.Get();
  if (!backend.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  v1::ListModelsResponse list;
  for (const model::ModelDescription& model : backend->models) {
    *list.add_models() = ToProto(model, deps_.limits.max_num_images);
  }
  return list;
}

}  // namespace strobe::server
