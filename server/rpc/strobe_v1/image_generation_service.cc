#include "server/rpc/strobe_v1/image_generation_service.h"

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "server/rpc/message_parser.h"
#include "server/rpc/strobe_v1/event_messages.h"
#include "server/rpc/strobe_v1/request_reader.h"

namespace strobe::server {
namespace {

absl::StatusOr<ParsedCall> ParseCall(const grpc::ByteBuffer& message) {
  STROBE_ASSIGN_OR_RETURN(ImageRequest request, ReadGenerateImagesRequest(message));
  return ParsedCall{std::move(request), std::make_unique<EventStreamFormat>()};
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* ImageGenerationService::GenerateImages(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return core_.Generate("GenerateImages", *context, *request, ParseCall);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ImageGenerationService::LiveImages(
    grpc::CallbackServerContext* context) {
  return core_.Live("LiveImages", *context, live_format_);
}

grpc::ServerUnaryReactor* ImageGenerationService::ListModels(grpc::CallbackServerContext* context,
                                                             const grpc::ByteBuffer* /*request*/,
                                                             grpc::ByteBuffer* response) {
  return core_.Answer("ListModels", *context, response, [&] { return DescribeModels(*context); });
}

absl::StatusOr<grpc::ByteBuffer> ImageGenerationService::DescribeModels(
    const grpc::CallbackServerContext& context) const {
  STROBE_RETURN_IF_ERROR(core_.CheckCaller(context));
  STROBE_ASSIGN_OR_RETURN(const ModelRegistry* const models, core_.intake().models());
  v1::ListModelsResponse list;
  for (const ModelHandle& model : models->List()) {
    *list.add_models() =
        ToMessage(model.description(), core_.intake().limits().max_images_per_request);
  }
  return Serialize(list);
}

}  // namespace strobe::server
