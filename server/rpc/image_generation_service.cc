#include "server/rpc/image_generation_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "server/base/request_error.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/live_session.h"
#include "server/rpc/request_parser.h"
#include "server/rpc/response_events.h"
#include "server/rpc/status_details.h"

namespace strobe::server {
namespace {

// A call without a message: its caller cancelled it at once, which gRPC does not tell this early.
absl::Status NoMessage() {
  ErrorDetails details;
  details.reason = "CANCELLED";
  return RequestError(absl::StatusCode::kCancelled, "the call ended before its request came",
                      details);
}

}  // namespace

ImageGenerationService::ImageGenerationService(ServiceDeps deps)
    : deps_(std::move(deps)), intake_(deps_), watchdog_(deps_.clock, deps_.watchdog_period) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ImageGenerationService::GenerateImages(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const std::shared_ptr<ResultStream> stream = ResultStream::Create(
      deps_.stream, Environment(), *context,
      intake_.OpenBooks(RequestIdOf(*context, deps_.random()), WithoutPort(context->peer())));
  if (absl::Status status = Start(*context, *request, *stream); !status.ok()) {
    stream->Refuse(std::move(status));
  }
  return stream.get();
}

absl::Status ImageGenerationService::Start(grpc::CallbackServerContext& context,
                                           const grpc::ByteBuffer& bytes, ResultStream& stream) {
  absl::StatusOr<std::string> caller = IdentifyCaller(context, deps_.tokens);
  if (!caller.ok()) return caller.status();
  stream.ledger().record().caller = *std::move(caller);
  if (!bytes.Valid()) return NoMessage();
  const absl::StatusOr<v1::GenerateImagesRequest> parsed = ParseGenerateImagesRequest(bytes);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<RequestIntake::Admitted> admitted =
      intake_.Admit(*parsed, RemainingTimeOf(context), stream.ledger());
  if (!admitted.ok()) return admitted.status();
  auto task =
      std::make_shared<GenerationTask>(std::move(admitted->request), stream.shared_from_this());
  stream.Attach(task, std::move(admitted->ticket));
  if (absl::Status status = intake_.Submit(std::move(task)); !status.ok()) return status;
  context.AddInitialMetadata(kRequestIdKey, stream.ledger().request_id());
  stream.Open(admitted->accepted);
  return absl::OkStatus();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ImageGenerationService::LiveImages(
    grpc::CallbackServerContext* context) {
  const absl::StatusOr<std::string> caller = IdentifyCaller(*context, deps_.tokens);
  const std::shared_ptr<LiveSession> session =
      LiveSession::Create(deps_.stream, Environment(), intake_, *context,
                          RequestIdOf(*context, deps_.random()), caller.value_or(""));
  if (!caller.ok()) session->Refuse(caller.status());
  return session.get();
}

CallEnvironment ImageGenerationService::Environment() {
  return {deps_.clock, deps_.metrics, watchdog_, [this] { intake_.WakeBatcher(); }};
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
  const std::optional<ServiceBackend> backend = intake_.backend();
  if (!backend.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  v1::ListModelsResponse list;
  for (const model::ModelDescription& model : backend->models) {
    *list.add_models() = ToProto(model, deps_.limits.max_num_images);
  }
  return list;
}

}  // namespace strobe::server
