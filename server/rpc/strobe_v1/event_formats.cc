#include "server/rpc/strobe_v1/event_formats.h"

#include <utility>

#include "server/requests/event_outbox.h"
#include "server/rpc/message_parser.h"
#include "server/rpc/status_details.h"
#include "server/rpc/strobe_v1/event_messages.h"
#include "server/rpc/strobe_v1/request_reader.h"

namespace strobe::server {

std::optional<ResponseMessage> EventStreamFormat::Format(ImageEvent event,
                                                         const RequestRecord& /*record*/) {
  const int images = KindOf(event) == EventKind::kImage ? 1 : 0;
  return ResponseMessage{Serialize(ToMessage(std::move(event))), images};
}

absl::StatusOr<LiveMessage> LiveImagesFormat::Parse(const grpc::ByteBuffer& message) const {
  return ReadLiveImagesRequest(message);
}

grpc::ByteBuffer LiveImagesFormat::Format(int64_t revision, ImageEvent event) const {
  return Serialize(ToLiveMessage(revision, std::move(event)));
}

grpc::ByteBuffer LiveImagesFormat::FormatError(int64_t revision, const absl::Status& why,
                                               const std::string& request_id) const {
  return Serialize(ToLiveMessage(revision, ToRpcStatus(why, request_id)));
}

}  // namespace strobe::server
