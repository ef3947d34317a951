// Keys and certificates made in the test itself.

#ifndef STROBE_TESTS_SERVER_SECURITY_TEST_CERTIFICATES_H_
#define STROBE_TESTS_SERVER_SECURITY_TEST_CERTIFICATES_H_

#include <string>

#include "absl/time/time.h"

namespace strobe::server {

struct CertifiedKey {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// A new elliptic-curve key with a self-signed certificate for `name`, valid from one to the other.
CertifiedKey MakeCertificate(const std::string& name, absl::Time begin, absl::Time end);

}  // namespace strobe::server

#endif  // STROBE_TESTS_SERVER_SECURITY_TEST_CERTIFICATES_H_
