// Why calls end before their answer: the errors that streams have in common.

#ifndef STROBE_SERVER_RPC_CALL_END_H_
#define STROBE_SERVER_RPC_CALL_END_H_

#include "absl/status/status.h"

namespace strobe::server {

absl::Status DeadlineExpired();    // DEADLINE_EXCEEDED (DEADLINE_EXPIRED)
absl::Status SlowReader();         // RESOURCE_EXHAUSTED (SLOW_READER)
absl::Status ShuttingDown();       // UNAVAILABLE (SHUTTING_DOWN)
absl::Status CancelledByCaller();  // CANCELLED (CANCELLED)
absl::Status Superseded();         // CANCELLED (SUPERSEDED): a live caller has typed on

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_END_H_
