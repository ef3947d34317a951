// What a caller is told of its request, and in which words.

#ifndef STROBE_SERVER_RPC_RESPONSE_FORMAT_H_
#define STROBE_SERVER_RPC_RESPONSE_FORMAT_H_

#include <memory>
#include <optional>

#include <grpcpp/support/byte_buffer.h>

#include <strobe/v1/image_generation.pb.h>

#include "server/rpc/parsed_request.h"
#include "server/rpc/request_ledger.h"
#include "server/rpc/response_events.h"

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
  virtual std::optional<ResponseMessage> Format(v1::GenerateImagesResponse event,
                                                const RequestRecord& record) = 0;
};

// strobe.v1: each event is a message.
class EventStreamFormat final : public ResponseFormat {
 public:
  std::optional<ResponseMessage> Format(v1::GenerateImagesResponse event,
                                        const RequestRecord& /*record*/) override {
    return ResponseMessage{Serialize(event), event.has_image() ? 1 : 0};
  }
};

// What a call asks for, and how it wants to be answered.
struct ParsedCall {
  ParsedRequest request;
  std::unique_ptr<ResponseFormat> format;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_RESPONSE_FORMAT_H_
