#include "server/rpc/caller_identity.h"

#include "absl/strings/str_cat.h"
#include "server/base/request_error.h"
#include "server/rpc/call_metadata.h"

namespace strobe::server {
namespace {

constexpr char kAuthorizationKey[] = "authorization";

absl::Status Unauthenticated() {
  return RequestError(absl::StatusCode::kUnauthenticated,
                      "send a valid token: 'authorization: Bearer <token>'",
                      {.reason = Reason::kUnauthenticated});
}

// The first name of a verified certificate; empty without one.
std::string CertificateName(const grpc::CallbackServerContext& context) {
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return "";
  const auto names = auth->GetPeerIdentity();
  if (names.empty()) return "";
  return std::string(names.front().data(), names.front().size());
}

}  // namespace

absl::StatusOr<std::string> IdentifyCaller(const grpc::CallbackServerContext& context,
                                           const TokenLookup& tokens) {
  std::optional<std::string> subject;
  if (tokens) {
    const auto [first, last] = context.client_metadata().equal_range(kAuthorizationKey);
    if (first == last || std::next(first) != last) return Unauthenticated();
    subject = tokens(absl::string_view(first->second.data(), first->second.size()));
    if (!subject.has_value()) return Unauthenticated();
  }
  if (const std::string name = CertificateName(context); !name.empty()) {
    return absl::StrCat("san:", name);
  }
  if (subject.has_value()) return absl::StrCat("token:", *subject);
  return WithoutPort(context.peer());
}

}  // namespace strobe::server
