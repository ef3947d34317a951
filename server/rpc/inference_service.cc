#include "server/rpc/inference_service.h"

#include <memory>
#include <optional>
#include <utility>

#include "server/rpc/inference_request.h"
#include "server/rpc/inference_response.h"
#include "server/rpc/model_lookup.h"
#include "server/rpc/request_parser.h"
#include "server/rpc/response_events.h"

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

// The place of a model, or NOT_FOUND; UNAVAILABLE (WARMING_UP) before there are any.
absl::StatusOr<model::ModelDescription> Find(const std::optional<ServiceBackend>& backend,
                                             const std::string& name, const std::string& version) {
  if (!backend.has_value()) return CheckServing(AdmissionController::State::kWarmingUp);
  if (absl::Status status = CheckModelVersion(version); !status.ok()) return status;
  const absl::StatusOr<int> index = FindModel(name, backend->models);
  if (!index.ok()) return index.status();
  return backend->models[*index];
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
  if (absl::Status status = ParseMessage(message, proto); !status.ok()) return status;
  absl::StatusOr<InferenceRequest> read =
      ReadInferenceRequest(proto, core_.deps().limits.max_num_images);
  if (!read.ok()) return read.status();
  return ParsedCall{std::move(read->request),
                    std::make_unique<InferenceFormat>(std::move(read->reply))};
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
  if (absl::Status status = core_.CheckCaller(context); !status.ok()) return status;
  inference::ModelReadyRequest request;
  if (absl::Status status = ParseMessage(message, request); !status.ok()) return status;
  inference::ModelReadyResponse answer;
  answer.set_ready(core_.ready() &&
                   Find(core_.intake().backend(), request.name(), request.version()).ok());
  return Serialize(answer);
}

absl::StatusOr<ByteBuffer> InferenceService::DescribeServer(
    const CallbackServerContext& context) const {
  if (absl::Status status = core_.CheckCaller(context); !status.ok()) return status;
  inference::ServerMetadataResponse answer;
  answer.set_name("strobe");
  answer.set_version(core_.deps().version);
  answer.add_extensions("parameters");
  answer.add_extensions("schedule_policy");
  return Serialize(answer);
}

absl::StatusOr<ByteBuffer> InferenceService::DescribeModel(const CallbackServerContext& context,
                                                           const ByteBuffer& message) const {
  if (absl::Status status = core_.CheckCaller(context); !status.ok()) return status;
  inference::ModelMetadataRequest request;
  if (absl::Status status = ParseMessage(message, request); !status.ok()) return status;
  const auto model = Find(core_.intake().backend(), request.name(), request.version());
  if (!model.ok()) return model.status();
  return Serialize(DescribeTensors(*model));
}

}  // namespace strobe::server
