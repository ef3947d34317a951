// Why calls end before their answer.

#ifndef STROBE_SERVER_RPC_CALL_END_H_
#define STROBE_SERVER_RPC_CALL_END_H_

#include <cstdint>

#include "absl/status/status.h"

namespace strobe::server {

absl::Status DeadlineExpired();    // DEADLINE_EXCEEDED (DEADLINE_EXPIRED)
absl::Status SlowReader();         // RESOURCE_EXHAUSTED (SLOW_READER)
absl::Status ShuttingDown();       // UNAVAILABLE (SHUTTING_DOWN)
absl::Status CancelledByCaller();  // CANCELLED (CANCELLED)
absl::Status Superseded();         // CANCELLED (SUPERSEDED): a live caller has typed on

// INVALID_ARGUMENT (REVISION_NOT_GROWING): a live caller sent `revision` after `last`.
absl::Status RevisionNotGrowing(int64_t revision, int64_t last);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_END_H_
