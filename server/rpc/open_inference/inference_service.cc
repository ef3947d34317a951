#include "server/rpc/open_inference/inference_service.h"

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "server/rpc/message_parser.h"
#include "server/rpc/open_inference/inference_request.h"
#include "server/rpc/open_inference/inference_response.h"

namespace strobe::server {
namespace {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;

int IndexOfModelInfer() {
  return inference::ModelInferRequest::descriptor()
      ->file()
      ->FindServiceByName("GRPCInferenceService")
      ->FindMethodByName("ModelInfer")
      ->index();
}

// The model, or NOT_FOUND; UNAVAILABLE (WARMING_UP) before there are any.
absl::StatusOr<model::ModelDescription> Find(const RequestIntake& intake, const std::string& name,
                                             const std::string& version) {
  STROBE_ASSIGN_OR_RETURN(const ModelRegistry* const models, intake.models());
  STROBE_RETURN_IF_ERROR(CheckModelVersion(version));
  STROBE_ASSIGN_OR_RETURN(const ModelHandle model, models->Find(name));
  return model.description();
}

}  // namespace

// On the wire, a unary call is a stream of one message. As a stream it shares all of the way of
// GenerateImages: its end is known when the message has left, and a reader that stalls is cut off.
InferenceService::InferenceService(ServiceCore& core) : core_(core) {
  MarkMethodRawCallback(IndexOfModelInfer(),
                        new grpc::internal::CallbackServerStreamingHandler<ByteBuffer, ByteBuffer>(
                            [this](CallbackServerContext* context, const ByteBuffer* request) {
                              return core_.Generate(
                                  "ModelInfer", *context, *request,
                                  [this](const ByteBuffer& message) { return ParseCall(message); });
                            }));
}

absl::StatusOr<ParsedCall> InferenceService::ParseCall(const ByteBuffer& message) const {
  inference::ModelInferRequest proto;
  STROBE_RETURN_IF_ERROR(ParseMessage(message, proto));
  STROBE_ASSIGN_OR_RETURN(
      InferenceRequest read,
      ReadInferenceRequest(proto, core_.intake().limits().max_images_per_request));
  return ParsedCall{std::move(read.request),
                    std::make_unique<InferenceFormat>(std::move(read.reply))};
}

grpc::ServerUnaryReactor* InferenceService::ServerLive(CallbackServerContext* context,
                                                       const ByteBuffer* /*request*/,
                                                       ByteBuffer* response) {
  return core_.Answer("ServerLive", *context, response, []() -> absl::StatusOr<ByteBuffer> {
    inference::ServerLiveResponse answer;
    answer.set_live(true);
    return Serialize(answer);
  });
}

grpc::ServerUnaryReactor* InferenceService::ServerReady(CallbackServerContext* context,
                                                        const ByteBuffer* /*request*/,
                                                        ByteBuffer* response) {
  return core_.Answer("ServerReady", *context, response, [this]() -> absl::StatusOr<ByteBuffer> {
    inference::ServerReadyResponse answer;
    answer.set_ready(core_.ready());
    return Serialize(answer);
  });
}

grpc::ServerUnaryReactor* InferenceService::ModelReady(CallbackServerContext* context,
                                                       const ByteBuffer* request,
                                                       ByteBuffer* response) {
  return core_.Answer("ModelReady", *context, response,
                      [&] { return CheckModel(*context, *request); });
}

grpc::ServerUnaryReactor* InferenceService::ServerMetadata(CallbackServerContext* context,
                                                           const ByteBuffer* /*request*/,
                                                           ByteBuffer* response) {
  return core_.Answer("ServerMetadata", *context, response,
                      [&] { return DescribeServer(*context); });
}

grpc::ServerUnaryReactor* InferenceService::ModelMetadata(CallbackServerContext* context,
                                                          const ByteBuffer* request,
                                                          ByteBuffer* response) {
  return core_.Answer("ModelMetadata", *context, response,
                      [&] { return DescribeModel(*context, *request); });
}

absl::StatusOr<ByteBuffer> InferenceService::CheckModel(const CallbackServerContext& context,
                                                        const ByteBuffer& message) const {
  STROBE_RETURN_IF_ERROR(core_.CheckCaller(context));
  inference::ModelReadyRequest request;
  STROBE_RETURN_IF_ERROR(ParseMessage(message, request));
  inference::ModelReadyResponse answer;
  answer.set_ready(core_.ready() && Find(core_.intake(), request.name(), request.version()).ok());
  return Serialize(answer);
}

absl::StatusOr<ByteBuffer> InferenceService::DescribeServer(
    const CallbackServerContext& context) const {
  STROBE_RETURN_IF_ERROR(core_.CheckCaller(context));
  inference::ServerMetadataResponse answer;
  answer.set_name("strobe");
  answer.set_version(core_.version());
  answer.add_extensions("parameters");
  answer.add_extensions("schedule_policy");
  return Serialize(answer);
}

absl::StatusOr<ByteBuffer> InferenceService::DescribeModel(const CallbackServerContext& context,
                                                           const ByteBuffer& message) const {
  STROBE_RETURN_IF_ERROR(core_.CheckCaller(context));
  inference::ModelMetadataRequest request;
  STROBE_RETURN_IF_ERROR(ParseMessage(message, request));
  STROBE_ASSIGN_OR_RETURN(const model::ModelDescription model,
                          Find(core_.intake(), request.name(), request.version()));
  return Serialize(DescribeTensors(model));
}

}  // namespace strobe::server
