// A certificate with its key, checked before anybody relies on it.

#ifndef STROBE_SERVER_SECURITY_KEY_MATERIAL_H_
#define STROBE_SERVER_SECURITY_KEY_MATERIAL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace strobe::server {

// PEM texts of the files that TLS is made of.
struct KeyMaterial {
  std::string certificate_chain;  // the server's own certificate first
  std::string private_key;        // unencrypted
  std::string client_ca;          // who signs callers' certificates; empty: callers need none

  bool operator==(const KeyMaterial& other) const = default;
};

// When the server's certificate expires. INVALID_ARGUMENT, naming which of the three is wrong and
// why, when a text holds no certificate or key, the key is not the certificate's, or the
// certificate is not valid at `now`. Says nothing of the texts themselves.
absl::StatusOr<absl::Time> CheckKeyMaterial(const KeyMaterial& material, absl::Time now);

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_KEY_MATERIAL_H_
