// Errors that a caller's program can act on: an absl::Status that carries its details.

#ifndef STROBE_SERVER_BASE_REQUEST_ERROR_H_
#define STROBE_SERVER_BASE_REQUEST_ERROR_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/reason.h"

namespace strobe::server {

// One wrong field of a request.
struct FieldViolation {
  std::string field;        // path in the request, "num_images"
  std::string description;  // what is wrong and what would be right
};

// What travels beside the code and the message; becomes google.rpc details at the gRPC edge.
struct ErrorDetails {
  Reason reason = Reason::kNone;                      // google.rpc.ErrorInfo.reason, by name
  std::map<std::string, std::string> metadata;        // every number of the message, by name
  std::vector<FieldViolation> violations;             // google.rpc.BadRequest
  absl::Duration retry_delay = absl::ZeroDuration();  // google.rpc.RetryInfo; zero: none
};

// An error with its details attached as a payload.
absl::Status RequestError(absl::StatusCode code, absl::string_view message,
                          const ErrorDetails& details);

// INVALID_ARGUMENT (INVALID_REQUEST) that names every violation; OK when there is none.
absl::Status InvalidRequest(std::vector<FieldViolation> violations);

// The details of `status`; empty when it carries none. Statuses made elsewhere are fine.
ErrorDetails DetailsOf(const absl::Status& status);

// The name of the reason of `status`, or of its code ("INTERNAL") when it carries none.
std::string ReasonOf(const absl::Status& status);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BASE_REQUEST_ERROR_H_
