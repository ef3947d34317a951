// Typed calls of a strobe server.

#ifndef STROBE_CLIENT_STROBE_CLIENT_H_
#define STROBE_CLIENT_STROBE_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/canceller.h"
#include "client/channel.h"
#include "strobe/v1/image_generation.grpc.pb.h"

namespace strobe::client {

// The name to ask the health service for: ready to generate. "" asks whether the process lives.
inline constexpr char kReadinessService[] = "strobe.v1.ImageGenerationService";

// grpc.health.v1.HealthCheckResponse.ServingStatus.
enum class ServingStatus { kUnknown = 0, kServing = 1, kNotServing = 2, kServiceUnknown = 3 };

// How to make one call.
struct CallOptions {
  absl::Duration deadline = absl::InfiniteDuration();  // from now; the server plans with it
  std::string request_id;                              // sent as x-request-id; empty: none
  Canceller* canceller = nullptr;                      // must outlive the call; null: none
};

// Blocking calls over one channel. A failed call returns the grpc::Status as it came;
// DecodeCallError unpacks it and says whether and when to try again.
// Thread-safe.
class StrobeClient {
 public:
  // False cancels the call.
  using OnEvent = std::function<bool(const v1::GenerateImagesResponse&)>;

  // A client over MakeChannel's channel. Fails when a file of `options` cannot be read.
  static absl::StatusOr<std::unique_ptr<StrobeClient>> Connect(const ConnectionOptions& options);

  // The same in plaintext and without a token, which cannot fail.
  static std::unique_ptr<StrobeClient> Connect(const std::string& address);

  explicit StrobeClient(std::shared_ptr<grpc::Channel> channel);

  // Calls `on_event` on this thread for each event, in order, and returns when the stream is over.
  // A stream that ends well but before `completed` gives DATA_LOSS.
  grpc::Status GenerateImages(const v1::GenerateImagesRequest& request, const CallOptions& options,
                              const OnEvent& on_event);

  grpc::Status ListModels(const CallOptions& options, v1::ListModelsResponse* response);

  // Asks grpc.health.v1.Health about `service`. A server that does not know it: NOT_FOUND.
  grpc::Status CheckHealth(const std::string& service, const CallOptions& options,
                           ServingStatus* serving);

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ImageGenerationService::Stub> stub_;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_STROBE_CLIENT_H_
