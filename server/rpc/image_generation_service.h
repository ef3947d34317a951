// strobe.v1.ImageGenerationService on gRPC's callback API.

#ifndef STROBE_SERVER_RPC_IMAGE_GENERATION_SERVICE_H_
#define STROBE_SERVER_RPC_IMAGE_GENERATION_SERVICE_H_

#include <cstdint>
#include <functional>
#include <memory>

#include <strobe/v1/image_generation.grpc.pb.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/caller_identity.h"
#include "server/rpc/request_ledger.h"
#include "server/rpc/request_validation.h"
#include "server/rpc/result_stream.h"
#include "server/rpc/service_backend.h"

namespace strobe::server {

// What the service needs of the server. All references must outlive the service.
struct ServiceDeps {
  Metrics& metrics;
  const Clock& clock;
  RequestLimits limits;
  ResultStream::Options stream;
  // How often open calls are checked for stalled readers and passed deadlines; InfiniteDuration:
  // only when CheckCalls is called.
  absl::Duration watchdog_period = absl::Milliseconds(100);
  TokenLookup tokens;                 // empty: callers need no token
  std::function<uint64_t()> random;   // seeds and request ids; thread-safe
  RequestLedger::Logger log_request;  // once for each request, when it has ended; may be empty
};

// Answers from the start: until a backend is installed, GenerateImages and ListModels are refused
// with UNAVAILABLE (WARMING_UP). Both methods take raw bytes, because gRPC's own parsing turns a
// broken message into an UNIMPLEMENTED without a word. No method blocks: parsing, validation and
// admission run on gRPC's thread and take microseconds, all else happens in the batcher.
// Thread-safe. Must outlive the gRPC server it is registered with.
class ImageGenerationService final
    : public v1::ImageGenerationService::WithRawCallbackMethod_GenerateImages<
          v1::ImageGenerationService::WithCallbackMethod_LiveImages<
              v1::ImageGenerationService::WithRawCallbackMethod_ListModels<
                  v1::ImageGenerationService::Service>>> {
 public:
  explicit ImageGenerationService(ServiceDeps deps);

  // The models are loaded: from here on its admission decides. To be called at most once.
  void Install(const ServiceBackend& backend) { backend_.Install(backend); }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* GenerateImages(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;

  // UNIMPLEMENTED (LIVE_IMAGES_NOT_OFFERED).
  grpc::ServerBidiReactor<v1::LiveImagesRequest, v1::LiveImagesResponse>* LiveImages(
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

  const ServiceDeps deps_;
  ServiceBackendHolder backend_;
  CallWatchdog watchdog_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_IMAGE_GENERATION_SERVICE_H_
