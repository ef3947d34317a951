// strobe.v1.ImageGenerationService on gRPC's callback API.

#ifndef STROBE_SERVER_RPC_IMAGE_GENERATION_SERVICE_H_
#define STROBE_SERVER_RPC_IMAGE_GENERATION_SERVICE_H_

#include <strobe/v1/image_generation.grpc.pb.h>

#include "absl/status/statusor.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/request_intake.h"
#include "server/rpc/result_stream.h"
#include "server/rpc/service_backend.h"
#include "server/rpc/service_deps.h"

namespace strobe::server {

// Answers from the start: until a backend is installed, requests and ListModels are refused with
// UNAVAILABLE (WARMING_UP). All methods take raw bytes, because gRPC's own parsing turns a
// broken message into an UNIMPLEMENTED without a word. No method blocks: parsing, validation and
// admission run on gRPC's thread and take microseconds, all else happens in the batcher.
// Thread-safe. Must outlive the gRPC server it is registered with.
class ImageGenerationService final
    : public v1::ImageGenerationService::WithRawCallbackMethod_GenerateImages<
          v1::ImageGenerationService::WithRawCallbackMethod_LiveImages<
              v1::ImageGenerationService::WithRawCallbackMethod_ListModels<
                  v1::ImageGenerationService::Service>>> {
 public:
  explicit ImageGenerationService(ServiceDeps deps);

  // The models are loaded: from here on its admission decides. To be called at most once.
  void Install(const ServiceBackend& backend) { intake_.Install(backend); }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* GenerateImages(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* LiveImages(
      grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;

  // Ends calls whose reader has stalled or whose deadline has passed.
  void CheckCalls() { watchdog_.CheckNow(); }

  // Ends every open call with UNAVAILABLE (SHUTTING_DOWN) at once, whatever the device does, and
  // every one that is admitted later. Each is counted once, as every call.
  void CutOffCalls() { watchdog_.CutOff(); }

 private:
  // Parses, validates, admits and submits. On error the stream is not open.
  absl::Status Start(grpc::CallbackServerContext& context, const grpc::ByteBuffer& bytes,
                     ResultStream& stream);
  absl::StatusOr<v1::ListModelsResponse> DescribeModels(
      const grpc::CallbackServerContext& context) const;
  CallEnvironment Environment();

  const ServiceDeps deps_;
  RequestIntake intake_;
  CallWatchdog watchdog_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_IMAGE_GENERATION_SERVICE_H_
