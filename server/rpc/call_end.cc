#include "server/rpc/call_end.h"

#include "absl/strings/str_cat.h"
#include "server/base/request_error.h"

namespace strobe::server {

absl::Status DeadlineExpired() {
  return RequestError(absl::StatusCode::kDeadlineExceeded,
                      "the deadline passed before the last image was sent",
                      {.reason = "DEADLINE_EXPIRED"});
}

absl::Status SlowReader() {
  return RequestError(absl::StatusCode::kResourceExhausted, "the reader took no data for too long",
                      {.reason = "SLOW_READER"});
}

absl::Status ShuttingDown() {
  return RequestError(absl::StatusCode::kUnavailable, "the server is shutting down",
                      {.reason = "SHUTTING_DOWN"});
}

absl::Status CancelledByCaller() {
  return RequestError(absl::StatusCode::kCancelled, "the caller cancelled the request",
                      {.reason = "CANCELLED"});
}

absl::Status Superseded() {
  return RequestError(absl::StatusCode::kCancelled, "a newer revision superseded this one",
                      {.reason = "SUPERSEDED"});
}

absl::Status RevisionNotGrowing(int64_t revision, int64_t last) {
  ErrorDetails details;
  details.reason = "REVISION_NOT_GROWING";
  details.violations = {{"revision", absl::StrCat("must be above ", last, ", got ", revision)}};
  return RequestError(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat("revision ", revision, " does not grow: it must be above ", last), details);
}

}  // namespace strobe::server
