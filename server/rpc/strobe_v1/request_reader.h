// Messages of strobe.v1 callers -> requests.

#ifndef STROBE_SERVER_RPC_STROBE_V1_REQUEST_READER_H_
#define STROBE_SERVER_RPC_STROBE_V1_REQUEST_READER_H_

#include <grpcpp/support/byte_buffer.h>
#include <strobe/v1/image_generation.pb.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/requests/image_request.h"
#include "server/rpc/live_format.h"

namespace strobe::server {

// What `message` asks for. Values of enums that there are not become unreadable fields.
ImageRequest ToImageRequest(const v1::GenerateImagesRequest& message);

// The same for the bytes of a GenerateImagesRequest. Errors: those of ParseMessage.
absl::StatusOr<ImageRequest> ReadGenerateImagesRequest(absl::string_view bytes);
absl::StatusOr<ImageRequest> ReadGenerateImagesRequest(const grpc::ByteBuffer& bytes);

// The same for a LiveImagesRequest, where violations are of the request in it. A time limit that is
// none makes the request an INVALID_ARGUMENT (INVALID_REQUEST).
absl::StatusOr<LiveMessage> ReadLiveImagesRequest(const grpc::ByteBuffer& bytes);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_STROBE_V1_REQUEST_READER_H_
