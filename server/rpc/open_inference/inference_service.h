// The Open Inference Protocol of KServe and Triton, on gRPC's callback API.

#ifndef STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_SERVICE_H_
#define STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_SERVICE_H_

#include <inference/open_inference.grpc.pb.h>

#include "absl/status/statusor.h"
#include "server/rpc/service_core.h"

namespace strobe::server {

// inference.GRPCInferenceService as another protocol of the same core: ModelInfer is a request like
// GenerateImages, with its limits, deadlines, errors and metrics. ServerLive and ServerReady need
// no token, as health does not. All methods take raw bytes. Thread-safe. Must outlive the gRPC
// server it is registered with.
class InferenceService final
    : public inference::GRPCInferenceService::WithRawCallbackMethod_ServerLive<
          inference::GRPCInferenceService::WithRawCallbackMethod_ServerReady<
              inference::GRPCInferenceService::WithRawCallbackMethod_ModelReady<
                  inference::GRPCInferenceService::WithRawCallbackMethod_ServerMetadata<
                      inference::GRPCInferenceService::WithRawCallbackMethod_ModelMetadata<
                          inference::GRPCInferenceService::Service>>>>> {
 public:
  // `core` must outlive the service.
  explicit InferenceService(ServiceCore& core);

  grpc::ServerUnaryReactor* ServerLive(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ServerReady(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ModelReady(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ServerMetadata(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ModelMetadata(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) override;

 private:
  // Each may be refused with UNAUTHENTICATED.
  absl::StatusOr<grpc::ByteBuffer> CheckModel(const grpc::CallbackServerContext& context,
                                              const grpc::ByteBuffer& message) const;
  absl::StatusOr<grpc::ByteBuffer> DescribeServer(const grpc::CallbackServerContext& context) const;
  absl::StatusOr<grpc::ByteBuffer> DescribeModel(const grpc::CallbackServerContext& context,
                                                 const grpc::ByteBuffer& message) const;
  absl::StatusOr<ParsedCall> ParseCall(const grpc::ByteBuffer& message) const;

  ServiceCore& core_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_OPEN_INFERENCE_INFERENCE_SERVICE_H_
