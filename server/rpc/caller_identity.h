// Who calls, and whether it may.

#ifndef STROBE_SERVER_RPC_CALLER_IDENTITY_H_
#define STROBE_SERVER_RPC_CALLER_IDENTITY_H_

#include <functional>
#include <optional>
#include <string>

#include <grpcpp/server_context.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::server {

// The subject of an `authorization` header; nullopt when its token is not known. Empty function: no
// caller needs a token. Thread-safe.
using TokenLookup = std::function<std::optional<std::string>(absl::string_view authorization)>;

// Identity of a caller, for quotas and the log: its certificate's first alternative name
// ("san:spiffe://house/web"), else its token's subject ("token:web"), else its address without port
// ("ipv4:10.0.0.7"). UNAUTHENTICATED, without saying what was wrong, when `tokens` is set and the
// call does not have exactly one good token, whatever certificate it has.
absl::StatusOr<std::string> IdentifyCaller(const grpc::CallbackServerContext& context,
                                           const TokenLookup& tokens);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALLER_IDENTITY_H_
