#include "server/observability/request_outcome.h"

namespace strobe::server {
namespace {

constexpr Reason kOkReasons[] = {Reason::kOk};
constexpr Reason kInvalidReasons[] = {Reason::kInvalidRequest, Reason::kUndecodableRequest,
                                      Reason::kInvalidUtf8, Reason::kModelNotFound,
                                      Reason::kRevisionNotGrowing};
constexpr Reason kRejectedReasons[] = {Reason::kQueueFull,       Reason::kCallerQuota,
                                       Reason::kCallerShare,     Reason::kDeadlineInfeasible,
                                       Reason::kWarmingUp,       Reason::kDraining,
                                       Reason::kShuttingDown,    Reason::kUnavailable,
                                       Reason::kUnauthenticated, Reason::kDeviceFault};
constexpr Reason kCancelledReasons[] = {Reason::kCancelled, Reason::kSuperseded};
constexpr Reason kExpiredReasons[] = {Reason::kDeadlineExpired, Reason::kDeadlineInfeasible};
constexpr Reason kFailedReasons[] = {
    Reason::kEngineFailure,     Reason::kOutOfMemory,     Reason::kDeviceFault,
    Reason::kImageEncodeFailed, Reason::kEncodeQueueFull, Reason::kSlowReader,
    Reason::kShuttingDown,      Reason::kUnavailable,     Reason::kInternal};

}  // namespace

absl::string_view OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kInvalid:
      return "invalid";
    case Outcome::kRejected:
      return "rejected";
    case Outcome::kCancelled:
      return "cancelled";
    case Outcome::kExpired:
      return "expired";
    case Outcome::kFailed:
      return "failed";
  }
  return "failed";
}

absl::Span<const Reason> KnownReasons(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return kOkReasons;
    case Outcome::kInvalid:
      return kInvalidReasons;
    case Outcome::kRejected:
      return kRejectedReasons;
    case Outcome::kCancelled:
      return kCancelledReasons;
    case Outcome::kExpired:
      return kExpiredReasons;
    case Outcome::kFailed:
      return kFailedReasons;
  }
  return {};
}

}  // namespace strobe::server
