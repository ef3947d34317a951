// The messages of a live call, in the words of one protocol.

#ifndef STROBE_SERVER_RPC_LIVE_FORMAT_H_
#define STROBE_SERVER_RPC_LIVE_FORMAT_H_

#include <cstdint>
#include <string>

#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/requests/image_event.h"
#include "server/requests/image_request.h"

namespace strobe::server {

// What the caller has typed.
struct LiveMessage {
  int64_t revision = 0;
  absl::StatusOr<ImageRequest> request;  // an error refuses this revision alone
};

// Without state. Thread-safe.
class LiveFormat {
 public:
  virtual ~LiveFormat() = default;

  // An error ends the call.
  virtual absl::StatusOr<LiveMessage> Parse(const grpc::ByteBuffer& message) const = 0;
  virtual grpc::ByteBuffer Format(int64_t revision, ImageEvent event) const = 0;
  virtual grpc::ByteBuffer FormatError(int64_t revision, const absl::Status& why,
                                       const std::string& request_id) const = 0;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_LIVE_FORMAT_H_
