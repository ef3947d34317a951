// Raw bytes of a call <-> its message.

#ifndef STROBE_SERVER_RPC_MESSAGE_PARSER_H_
#define STROBE_SERVER_RPC_MESSAGE_PARSER_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace strobe::server {

// Parses `bytes`. gRPC's own parsing answers UNIMPLEMENTED without a word when it fails; here it is
// INVALID_ARGUMENT: reason INVALID_UTF8 with a violation for each of the message's own string
// fields that is not valid UTF-8, else reason UNDECODABLE_REQUEST. Nothing of the bytes is echoed.
// Unknown fields are ignored.
absl::Status ParseMessage(absl::string_view bytes, google::protobuf::Message& message);

// The same for the message of a call, whatever slices it lies in.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);

// The same; violations are of the string fields of the message in field `number`, of type `inner`.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, int number,
                          const google::protobuf::Descriptor& inner,
                          google::protobuf::Message& message);

// The bytes of `message`, ready to be written to a raw call.
grpc::ByteBuffer Serialize(const google::protobuf::Message& message);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_MESSAGE_PARSER_H_
