// What outlives every call.

#ifndef STROBE_SERVER_RPC_CALL_ENVIRONMENT_H_
#define STROBE_SERVER_RPC_CALL_ENVIRONMENT_H_

#include <functional>

#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/observability/metrics.h"
#include "server/rpc/call_watchdog.h"

namespace strobe::server {

struct CallEnvironment {
  const Clock& clock;
  Metrics& metrics;
  CallWatchdog& watchdog;
  std::function<void()> wake_batcher;  // some task has ended early
  // A request's last picture was sent so long after it had left the device.
  std::function<void(absl::Duration)> note_delivery;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_ENVIRONMENT_H_
