// Raw bytes of a call -> its message.

#ifndef STROBE_SERVER_RPC_REQUEST_PARSER_H_
#define STROBE_SERVER_RPC_REQUEST_PARSER_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <strobe/v1/image_generation.pb.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::server {

// Parses `bytes`. gRPC's own parsing answers UNIMPLEMENTED without a word when it fails; here it is
// INVALID_ARGUMENT: reason INVALID_UTF8 with a violation for each string field that is not valid
// UTF-8, else reason UNDECODABLE_REQUEST. Nothing of the bytes is echoed. Unknown fields are
// ignored.
absl::StatusOr<v1::GenerateImagesRequest> ParseGenerateImagesRequest(absl::string_view bytes);

// The same for the message of a call, whatever slices it lies in.
absl::StatusOr<v1::GenerateImagesRequest> ParseGenerateImagesRequest(const grpc::ByteBuffer& bytes);

// The same for a message of any other type; violations are of its own string fields, not of those
// of the messages in it.
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, google::protobuf::Message& message);

// The same for a message of a live session.
absl::StatusOr<v1::LiveImagesRequest> ParseLiveImagesRequest(const grpc::ByteBuffer& bytes);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_REQUEST_PARSER_H_
