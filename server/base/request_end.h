// Why requests end early, for errors that several rooms give: one function makes each.

#ifndef STROBE_SERVER_BASE_REQUEST_END_H_
#define STROBE_SERVER_BASE_REQUEST_END_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace strobe::server {

// DEADLINE_EXCEEDED (DEADLINE_EXPIRED): the time is over that the request was `allowed` from its
// arrival; none or less when the deadline had passed by then.
absl::Status DeadlineExpired(absl::Duration allowed);

// UNAVAILABLE (SHUTTING_DOWN).
absl::Status ShuttingDown();

// CANCELLED (CANCELLED).
absl::Status CancelledByCaller();

}  // namespace strobe::server

#endif  // STROBE_SERVER_BASE_REQUEST_END_H_
