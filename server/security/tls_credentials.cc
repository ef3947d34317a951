#include "server/security/tls_credentials.h"

#include <utility>

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "server/observability/logging.h"
#include "server/security/secret_file.h"

namespace strobe::server {
namespace {

// gRPC C++ offers no way to hand certificates over at each handshake; its C core does.
class ListenerCredentials final : public grpc::ServerCredentials {
 public:
  explicit ListenerCredentials(const TlsCredentials& source) : source_(source) {
    const auto request = source.current().material.client_ca.empty()
                             ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                             : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
    credentials_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(request, &Fetch, this));
  }
  ~ListenerCredentials() override { grpc_server_credentials_release(credentials_); }

  // Callers are looked at by the service.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // Called before each handshake, one at a time.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto& credentials = *static_cast<ListenerCredentials*>(self);
    const TlsCredentials::Version version = credentials.source_.current();
    if (version.number == credentials.fetched_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    grpc_ssl_pem_key_cert_pair pair = {version.material.private_key.c_str(),
                                       version.material.certificate_chain.c_str()};
    // It insists on root certificates, even where no caller is asked for a certificate.
    const std::string& roots = version.material.client_ca.empty()
                                   ? version.material.certificate_chain
                                   : version.material.client_ca;
    *config = grpc_ssl_server_certificate_config_create(roots.c_str(), &pair, 1);
    credentials.fetched_ = version.number;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const TlsCredentials& source_;
  grpc_server_credentials* credentials_ = nullptr;
  int fetched_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TlsCredentials>> TlsCredentials::Load(const TlsFiles& files,
                                                                     const Clock& clock,
                                                                     SecurityMetrics& metrics) {
  std::unique_ptr<TlsCredentials> credentials(new TlsCredentials(files, clock, metrics));
  STROBE_ASSIGN_OR_RETURN(const auto material, credentials->Read());
  STROBE_RETURN_IF_ERROR(credentials->Use(material));
  return credentials;
}

std::shared_ptr<grpc::ServerCredentials> TlsCredentials::ForListener() {
  return std::make_shared<ListenerCredentials>(*this);
}

TlsCredentials::Version TlsCredentials::current() const {
  absl::MutexLock lock(&mu_);
  return current_;
}

absl::StatusOr<KeyMaterial> TlsCredentials::Read() const {
  KeyMaterial material;
  for (const auto& [path, text] : {std::pair(&files_.certificate, &material.certificate_chain),
                                   std::pair(&files_.key, &material.private_key),
                                   std::pair(&files_.client_ca, &material.client_ca)}) {
    if (path->empty()) continue;
    STROBE_ASSIGN_OR_RETURN(auto content, ReadSecretFile(*path));
    *text = std::move(content);
  }
  if (!files_.client_ca.empty() && material.client_ca.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(files_.client_ca, " is empty"));
  }
  return material;
}

absl::Status TlsCredentials::Use(const KeyMaterial& material) {
  const auto expiry = CheckKeyMaterial(material, clock_.Now());
  if (!expiry.ok()) {
    return absl::Status(expiry.status().code(),
                        absl::StrCat("TLS with ", files_.certificate, " and ", files_.key, ": ",
                                     expiry.status().message()));
  }
  metrics_.tls_certificate_expiry_timestamp_seconds.Set(
      absl::ToDoubleSeconds(*expiry - absl::UnixEpoch()));
  absl::MutexLock lock(&mu_);
  ++current_.number;
  current_.material = material;
  return absl::OkStatus();
}

void TlsCredentials::Reload() {
  const auto material = Read();
  absl::Status status = material.status();
  if (material.ok()) {
    if (*material == current().material) {
      absl::MutexLock lock(&mu_);
      last_failure_.clear();
      return;
    }
    status = Use(*material);
    if (status.ok()) {
      Log(LogLevel::kInfo, "TLS certificate changed", {{"certificate", files_.certificate}});
    }
  }
  absl::MutexLock lock(&mu_);
  const std::string failure(status.message());
  if (!status.ok() && failure != last_failure_) {
    metrics_.tls_reload_failures.Increment();
    Log(LogLevel::kError, "TLS files changed and cannot be used; the last good ones stay in use",
        {{"error", failure}});
  }
  last_failure_ = failure;
}

}  // namespace strobe::server
