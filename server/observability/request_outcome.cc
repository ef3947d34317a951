#include "server/observability/request_outcome.h"

namespace strobe::server {
namespace {

constexpr absl::string_view kOkReasons[] = {"OK"};
constexpr absl::string_view kInvalidReasons[] = {"INVALID_REQUEST", "UNDECODABLE_REQUEST",
                                                 "INVALID_UTF8", "MODEL_NOT_FOUND",
                                                 "REVISION_NOT_GROWING"};
constexpr absl::string_view kRejectedReasons[] = {
    "QUEUE_FULL", "CALLER_QUOTA",  "CALLER_SHARE", "DEADLINE_INFEASIBLE", "WARMING_UP",
    "DRAINING",   "SHUTTING_DOWN", "UNAVAILABLE",  "UNAUTHENTICATED",     "DEVICE_FAULT"};
constexpr absl::string_view kCancelledReasons[] = {"CANCELLED", "SUPERSEDED"};
constexpr absl::string_view kExpiredReasons[] = {"DEADLINE_EXPIRED", "DEADLINE_INFEASIBLE"};
constexpr absl::string_view kFailedReasons[] = {
    "ENGINE_FAILURE",      "OUT_OF_MEMORY",     "DEVICE_FAULT",
    "IMAGE_ENCODE_FAILED", "ENCODE_QUEUE_FULL", "SLOW_READER",
    "SHUTTING_DOWN",       "UNAVAILABLE",       "INTERNAL"};

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

absl::Span<const absl::string_view> KnownReasons(Outcome outcome) {
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
