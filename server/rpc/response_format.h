// How the events of a request become messages of its call.

#ifndef STROBE_SERVER_RPC_RESPONSE_FORMAT_H_
#define STROBE_SERVER_RPC_RESPONSE_FORMAT_H_

#include <memory>
#include <optional>

#include <grpcpp/support/byte_buffer.h>

#include "server/requests/image_event.h"
#include "server/requests/image_request.h"
#include "server/requests/request_ledger.h"

namespace strobe::server {

// A message, and how many finished images it brings.
struct ResponseMessage {
  grpc::ByteBuffer bytes;
  int images = 0;
};

// Turns the events of one request into the messages of its call.
class ResponseFormat {
 public:
  virtual ~ResponseFormat() = default;

  // The message for `event`; nothing when this caller is not told of it. `record` says what the
  // request was admitted as. The events come in order and one at a time, but `accepted` may come
  // from another thread at any moment.
  virtual std::optional<ResponseMessage> Format(ImageEvent event, const RequestRecord& record) = 0;
};

// What a call asks for, and how it wants to be answered.
struct ParsedCall {
  ImageRequest request;
  std::unique_ptr<ResponseFormat> format;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_RESPONSE_FORMAT_H_
