// Everything that decides who may call: TLS and tokens, kept up to date.

#ifndef STROBE_SERVER_SECURITY_ACCESS_CONTROL_H_
#define STROBE_SERVER_SECURITY_ACCESS_CONTROL_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/security/server_credentials.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/periodic_task.h"
#include "server/security/bearer_tokens.h"
#include "server/security/security_metrics.h"
#include "server/security/security_options.h"
#include "server/security/tls_credentials.h"

namespace strobe::server {

// TLS when there is a certificate, tokens when there is a file, each looked at again every
// `reload_period`. Thread-safe. Must outlive the servers that use it.
class AccessControl {
 public:
  // Fails when a file cannot be used now. `clock` and `metrics` must outlive the result.
  static absl::StatusOr<std::unique_ptr<AccessControl>> Load(const AccessOptions& options,
                                                             const Clock& clock,
                                                             SecurityMetrics& metrics);

  // For one listener; null: plaintext.
  std::shared_ptr<grpc::ServerCredentials> ForListener();

  // The subject of an `authorization` header; empty when callers need no token.
  std::function<std::optional<std::string>(absl::string_view authorization)> token_lookup() const;

 private:
  AccessControl() = default;

  std::unique_ptr<TlsCredentials> tls_;
  std::unique_ptr<BearerTokens> tokens_;
  std::unique_ptr<PeriodicTask> reload_;  // last: uses everything above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_ACCESS_CONTROL_H_
