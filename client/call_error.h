// What a failed call means, for people and for exit codes.

#ifndef STROBE_CLIENT_CALL_ERROR_H_
#define STROBE_CLIENT_CALL_ERROR_H_

#include <grpcpp/support/status.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace strobe::client {

// A grpc::Status with its google.rpc details unpacked. All text is as the server sent it.
struct CallError {
  struct Violation {
    std::string field;
    std::string description;
  };

  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string message;
  std::string reason;                                 // ErrorInfo.reason; empty: none was sent
  std::map<std::string, std::string> metadata;        // ErrorInfo.metadata
  std::vector<Violation> violations;                  // BadRequest
  absl::Duration retry_delay = absl::ZeroDuration();  // RetryInfo; zero: none
  std::string request_id;                             // RequestInfo; empty: none
};

// Details that are missing, broken or of another kind are left out.
CallError DecodeCallError(const grpc::Status& status);

// "INVALID_ARGUMENT"; "CODE_99" for a number that gRPC does not know.
std::string StatusCodeName(int code);

// A few lines without a final newline: what happened, every violation, and what to do next. Control
// characters are replaced, so that it is safe on a terminal.
std::string DescribeCallError(const CallError& error);

// `text` with every control character replaced by '?'.
std::string WithoutControlCharacters(absl::string_view text);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_CALL_ERROR_H_
