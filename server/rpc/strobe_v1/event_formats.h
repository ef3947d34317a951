// How calls of strobe.v1 are answered.

#ifndef STROBE_SERVER_RPC_STROBE_V1_EVENT_FORMATS_H_
#define STROBE_SERVER_RPC_STROBE_V1_EVENT_FORMATS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "server/rpc/live_format.h"
#include "server/rpc/response_format.h"

namespace strobe::server {

// GenerateImages: each event is a message.
class EventStreamFormat final : public ResponseFormat {
 public:
  std::optional<ResponseMessage> Format(ImageEvent event, const RequestRecord& record) override;
};

// LiveImages: each event is a message that names its revision.
class LiveImagesFormat final : public LiveFormat {
 public:
  absl::StatusOr<LiveMessage> Parse(const grpc::ByteBuffer& message) const override;
  grpc::ByteBuffer Format(int64_t revision, ImageEvent event) const override;
  grpc::ByteBuffer FormatError(int64_t revision, const absl::Status& why,
                               const std::string& request_id) const override;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_STROBE_V1_EVENT_FORMATS_H_
