// Typed calls of a strobe server.

#ifndef STROBE_CLIENT_STROBE_CLIENT_H_
#define STROBE_CLIENT_STROBE_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <cstdint>
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

// A LiveImages call: the newest text that was sent is answered, older ones are superseded. One
// thread may send while another one reads; the rest belongs to either. Ends the call when
// destroyed.
class LiveStream {
 public:
  ~LiveStream();

  LiveStream(const LiveStream&) = delete;
  LiveStream& operator=(const LiveStream&) = delete;

  // Sends `request` as the next revision and returns its number, from 1; 0 when the call is over.
  // `time_limit` as LiveImagesRequest.time_limit; InfiniteDuration: none.
  int64_t Send(const v1::GenerateImagesRequest& request,
               absl::Duration time_limit = absl::InfiniteDuration());
  // No more revisions come: the call ends after the last answer.
  void HalfClose();

  // Ends the call with CANCELLED.
  void Cancel() { context_.TryCancel(); }

  // Blocks for the next event; false when the call is over.
  bool Read(v1::LiveImagesResponse* response);
  // How the call ended; once, after Read has said no.
  grpc::Status Finish();

 private:
  friend class StrobeClient;
  LiveStream(v1::ImageGenerationService::Stub& stub, const CallOptions& options,
             const std::string& authorization);

  grpc::ClientContext context_;
  const Canceller::Scope scope_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::LiveImagesRequest, v1::LiveImagesResponse>> stream_;
  int64_t revision_ = 0;
  bool finished_ = false;
};

// The status that GenerateImages would have ended with.
grpc::Status StatusOf(const v1::RevisionError& error);

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

  // `authorization` goes with every call; empty: none.
  explicit StrobeClient(std::shared_ptr<grpc::Channel> channel, std::string authorization = "");

  // Calls `on_event` on this thread for each event, in order, and returns when the stream is over.
  // A stream that ends well but before `completed` gives DATA_LOSS.
  grpc::Status GenerateImages(const v1::GenerateImagesRequest& request, const CallOptions& options,
                              const OnEvent& on_event);

  // The channel and `options.canceller` must outlive the stream.
  std::unique_ptr<LiveStream> LiveImages(const CallOptions& options);

  grpc::Status ListModels(const CallOptions& options, v1::ListModelsResponse* response);

  // Asks grpc.health.v1.Health about `service`. A server that does not know it: NOT_FOUND.
  grpc::Status CheckHealth(const std::string& service, const CallOptions& options,
                           ServingStatus* serving);

 private:
  std::shared_ptr<grpc::Channel> channel_;
  const std::string authorization_;
  std::unique_ptr<v1::ImageGenerationService::Stub> stub_;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_STROBE_CLIENT_H_
