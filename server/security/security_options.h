// What can be set about who may call.

#ifndef STROBE_SERVER_SECURITY_SECURITY_OPTIONS_H_
#define STROBE_SERVER_SECURITY_SECURITY_OPTIONS_H_

#include <string>

#include "absl/time/time.h"

namespace strobe::server {

// PEM files.
struct TlsFiles {
  std::string certificate;  // the server's chain; empty: plaintext
  std::string key;
  std::string client_ca;  // empty: callers need no certificate
};

struct AccessOptions {
  TlsFiles tls;
  std::string token_file;                           // lines "subject token"; empty: no tokens
  absl::Duration reload_period = absl::Seconds(1);  // between two looks at the files
};

// Open at the same time on one port.
struct ConnectionLimits {
  int max_connections = 4096;           // of all callers; 0: no limit
  int max_connections_per_address = 0;  // 0: no limit
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_SECURITY_OPTIONS_H_
