// strobe.v1.ImageGenerationService on gRPC's callback API.

#ifndef STROBE_SERVER_RPC_STROBE_V1_IMAGE_GENERATION_SERVICE_H_
#define STROBE_SERVER_RPC_STROBE_V1_IMAGE_GENERATION_SERVICE_H_

#include <strobe/v1/image_generation.grpc.pb.h>

#include "absl/status/statusor.h"
#include "server/rpc/service_core.h"
#include "server/rpc/strobe_v1/event_formats.h"

namespace strobe::server {

// All methods take raw bytes, because gRPC's own parsing turns a broken message into an
// UNIMPLEMENTED without a word. Thread-safe. Must outlive the gRPC server it is registered with.
class ImageGenerationService final
    : public v1::ImageGenerationService::WithRawCallbackMethod_GenerateImages<
          v1::ImageGenerationService::WithRawCallbackMethod_LiveImages<
              v1::ImageGenerationService::WithRawCallbackMethod_ListModels<
                  v1::ImageGenerationService::Service>>> {
 public:
  // `core` must outlive the service.
  explicit ImageGenerationService(ServiceCore& core) : core_(core) {}

  grpc::ServerWriteReactor<grpc::ByteBuffer>* GenerateImages(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* LiveImages(
      grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;

 private:
  absl::StatusOr<grpc::ByteBuffer> DescribeModels(const grpc::CallbackServerContext& context) const;

  ServiceCore& core_;
  const LiveImagesFormat live_format_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_STROBE_V1_IMAGE_GENERATION_SERVICE_H_
