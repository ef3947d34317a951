// Why requests end, as a program may read it: the closed set of google.rpc.ErrorInfo.reason.

#ifndef STROBE_SERVER_BASE_REASON_H_
#define STROBE_SERVER_BASE_REASON_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace strobe::server {

enum class Reason : uint8_t {
  kNone,  // a status that says no more than its code
  kOk,
  // The request is wrong.
  kInvalidRequest,
  kUndecodableRequest,
  kInvalidUtf8,
  kModelNotFound,
  kRevisionNotGrowing,
  // It may not enter.
  kUnauthenticated,
  kWarmingUp,
  kDraining,
  kQueueFull,
  kCallerQuota,
  kCallerShare,
  kDeadlineInfeasible,
  // It ends early.
  kDeadlineExpired,
  kCancelled,
  kSuperseded,
  kSlowReader,
  kShuttingDown,
  // The server fails.
  kEngineFailure,
  kOutOfMemory,
  kDeviceFault,
  kImageEncodeFailed,
  kEncodeQueueFull,
  kUnavailable,
  kInternal,
};

// "QUEUE_FULL"; "" for kNone.
absl::string_view ReasonName(Reason reason);

// The reason of that name, if there is one.
std::optional<Reason> ReasonNamed(absl::string_view name);

}  // namespace strobe::server

#endif  // STROBE_SERVER_BASE_REASON_H_
