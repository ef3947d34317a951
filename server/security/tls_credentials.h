// TLS for a listener, from files that may change while it serves.

#ifndef STROBE_SERVER_SECURITY_TLS_CREDENTIALS_H_
#define STROBE_SERVER_SECURITY_TLS_CREDENTIALS_H_

#include <memory>
#include <string>

#include <grpcpp/security/server_credentials.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/base/clock.h"
#include "server/security/key_material.h"
#include "server/security/security_metrics.h"
#include "server/security/security_options.h"

namespace strobe::server {

// The newest key material that is good. gRPC's own file watcher gives every new handshake what lies
// in the files at that moment, broken or not; here a change is read whole, checked in memory, and
// used for new handshakes only when it is good, else counted (strobe_tls_reload_failures_total),
// logged once and left alone. Thread-safe. Must outlive the servers that use its credentials.
class TlsCredentials {
 public:
  // Reads and checks the files. `clock` and `metrics` must outlive the credentials.
  static absl::StatusOr<std::unique_ptr<TlsCredentials>> Load(const TlsFiles& files,
                                                              const Clock& clock,
                                                              SecurityMetrics& metrics);

  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  // Looks at the files again.
  void Reload() ABSL_LOCKS_EXCLUDED(mu_);

  // For one listener. With a client CA, callers without a certificate that it signed are turned
  // away in the handshake.
  std::shared_ptr<grpc::ServerCredentials> ForListener();

  // What new handshakes use, with a number that grows with each change.
  struct Version {
    int number = 0;
    KeyMaterial material;
  };
  Version current() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  TlsCredentials(const TlsFiles& files, const Clock& clock, SecurityMetrics& metrics)
      : files_(files), clock_(clock), metrics_(metrics) {}

  absl::StatusOr<KeyMaterial> Read() const;
  // Takes `material` into use when it is good.
  absl::Status Use(const KeyMaterial& material) ABSL_LOCKS_EXCLUDED(mu_);

  const TlsFiles files_;
  const Clock& clock_;
  SecurityMetrics& metrics_;

  mutable absl::Mutex mu_;
  Version current_ ABSL_GUARDED_BY(mu_);
  std::string last_failure_ ABSL_GUARDED_BY(mu_);  // what was counted and logged; empty: none
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_TLS_CREDENTIALS_H_
