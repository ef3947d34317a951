// What the services need of the server.

#ifndef STROBE_SERVER_RPC_SERVICE_DEPS_H_
#define STROBE_SERVER_RPC_SERVICE_DEPS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/observability/metrics.h"
#include "server/rpc/call_writer.h"
#include "server/rpc/caller_identity.h"
#include "server/rpc/request_ledger.h"
#include "server/rpc/request_validation.h"

namespace strobe::server {

// All references must outlive the services.
struct ServiceDeps {
  Metrics& metrics;
  const Clock& clock;
  RequestLimits limits;
  CallWriterOptions stream;
  // How often open calls are checked for stalled readers and passed deadlines; InfiniteDuration:
  // only when CheckCalls is called.
  absl::Duration watchdog_period = absl::Milliseconds(100);
  std::string version;                // of the server
  TokenLookup tokens;                 // empty: callers need no token
  std::function<uint64_t()> random;   // seeds and request ids; thread-safe
  RequestLedger::Logger log_request;  // once for each request, when it has ended; may be empty
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_SERVICE_DEPS_H_
