#include "server/base/request_end.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/request_error.h"

namespace strobe::server {

absl::Status DeadlineExpired(absl::Duration allowed) {
  if (allowed <= absl::ZeroDuration()) {
    const std::string late = absl::StrCat(absl::ToInt64Milliseconds(-allowed));
    return RequestError(absl::StatusCode::kDeadlineExceeded,
                        "the deadline had passed when the request arrived",
                        {.reason = Reason::kDeadlineExpired, .metadata = {{"late_ms", late}}});
  }
  const std::string millis = absl::StrCat(absl::ToInt64Milliseconds(allowed));
  return RequestError(absl::StatusCode::kDeadlineExceeded,
                      absl::StrCat("the deadline of ", millis, " ms has passed"),
                      {.reason = Reason::kDeadlineExpired, .metadata = {{"deadline_ms", millis}}});
}

absl::Status ShuttingDown() {
  return RequestError(absl::StatusCode::kUnavailable, "the server is shutting down",
                      {.reason = Reason::kShuttingDown});
}

absl::Status CancelledByCaller() {
  return RequestError(absl::StatusCode::kCancelled, "the caller cancelled the request",
                      {.reason = Reason::kCancelled});
}

}  // namespace strobe::server
