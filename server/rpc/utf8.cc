#include "server/rpc/utf8.h"

#include <string>

#include <google/protobuf/wrappers.pb.h>

namespace strobe::server {

bool IsValidUtf8(absl::string_view text) {
  // The same wire format; only the parser of a string looks at the characters.
  google::protobuf::BytesValue bytes;
  bytes.set_value(std::string(text));
  return google::protobuf::StringValue().ParseFromString(bytes.SerializeAsString());
}

}  // namespace strobe::server
