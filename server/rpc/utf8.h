// Text as protobuf understands it.

#ifndef STROBE_SERVER_RPC_UTF8_H_
#define STROBE_SERVER_RPC_UTF8_H_

#include "absl/strings/string_view.h"

namespace strobe::server {

// Whether protobuf takes `text` as a string field: no overlong forms, no surrogates.
bool IsValidUtf8(absl::string_view text);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_UTF8_H_
