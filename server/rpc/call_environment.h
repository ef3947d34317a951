// What every call needs of the server.

#ifndef STROBE_SERVER_RPC_CALL_ENVIRONMENT_H_
#define STROBE_SERVER_RPC_CALL_ENVIRONMENT_H_

#include "server/base/clock.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/call_writer.h"
#include "server/rpc/rpc_metrics.h"

namespace strobe::server {

// All of it outlives every call.
struct CallEnvironment {
  const CallWriterOptions& writing;
  const Clock& clock;
  RpcMetrics& metrics;
  CallWatchdog& watchdog;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_ENVIRONMENT_H_
