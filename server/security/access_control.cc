#include "server/security/access_control.h"

#include <utility>

#include "base/status_macros.h"

namespace strobe::server {

absl::StatusOr<std::unique_ptr<AccessControl>> AccessControl::Load(const AccessOptions& options,
                                                                   const Clock& clock,
                                                                   SecurityMetrics& metrics) {
  std::unique_ptr<AccessControl> access(new AccessControl());
  if (!options.tls.certificate.empty()) {
    STROBE_ASSIGN_OR_RETURN(access->tls_, TlsCredentials::Load(options.tls, clock, metrics));
  }
  if (!options.token_file.empty()) {
    STROBE_ASSIGN_OR_RETURN(access->tokens_, BearerTokens::Load(options.token_file, metrics));
  }
  if (access->tls_ != nullptr || access->tokens_ != nullptr) {
    access->reload_ =
        std::make_unique<PeriodicTask>(options.reload_period, [access = access.get()] {
          if (access->tls_ != nullptr) access->tls_->Reload();
          if (access->tokens_ != nullptr) access->tokens_->Reload();
        });
  }
  return access;
}

std::shared_ptr<grpc::ServerCredentials> AccessControl::ForListener() {
  return tls_ == nullptr ? nullptr : tls_->ForListener();
}

std::function<std::optional<std::string>(absl::string_view)> AccessControl::token_lookup() const {
  if (tokens_ == nullptr) return nullptr;
  return [tokens = tokens_.get()](absl::string_view authorization) {
    return tokens->SubjectOf(authorization);
  };
}

}  // namespace strobe::server
