#include "server/rpc/image_generation_service.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/rpc/call_metadata.h"
#include "server/rpc/live_session.h"
#include "server/rpc/request_parser.h"
#include "server/rpc/response_events.h"

namespace strobe::server {
namespace {

absl::StatusOr<ParsedCall> ParseCall(const grpc::ByteBuffer& message) {
  absl::StatusOr<v1::GenerateImagesRequest> request = ParseGenerateImagesRequest(message);
  if (!request.ok()) return request.status();
  return ParsedCall{*std::move(request), std::make_unique<EventStreamFormat>()};
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* ImageGenerationService::GenerateImages(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return core_.Generate("GenerateImages", *context, *request, ParseCall);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ImageGenerationService::LiveImages(
    grpc::CallbackServerContext* context) {
  const ServiceDeps& deps = core_.deps();
  const absl::StatusOr<std::string> caller = IdentifyCaller(*context, deps.tokens);
  const std::shared_ptr<LiveSession> session =
      LiveSession::Create(deps.stream, core_.Environment(), core_.intake(), *context,
                          RequestIdOf(*context, deps.random()), caller.value_or(""));
  if (!caller.ok()) session->Refuse(caller.status());
  return session.get();
}

grpc::ServerUnaryReactor* ImageGenerationService::ListModels(grpc::CallbackServerContext* context,
                                                             const grpc::ByteBuffer* /*request*/,
                                                             grpc::ByteBuffer* response) {
  return core_.Answer("ListModels", *context, response, [&] { return DescribeModels(*context); });
}

absl::StatusOr<grpc::ByteBuffer> ImageGenerationService::DescribeModels(
    const grpc::CallbackServerContext& context) const {
  if (absl::Status status = core_.CheckCaller(context); !status.ok()) return status;
  const std::optional<ServiceBackend> backend = core_.intake().backend();
  if (!backend.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  v1::ListModelsResponse list;
  for (const model::ModelDescription& model : backend->models) {
    *list.add_models() = ToProto(model, core_.deps().limits.max_num_images);
  }
  return Serialize(list);
}

}  // namespace strobe::server
