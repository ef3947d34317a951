// How requests end, as closed label sets.

#ifndef STROBE_SERVER_OBSERVABILITY_REQUEST_OUTCOME_H_
#define STROBE_SERVER_OBSERVABILITY_REQUEST_OUTCOME_H_

#include <array>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/reason.h"

namespace strobe::server {

// The `outcome` label of strobe_requests_total. Invalid requests, cancelled ones and quota
// rejections are the caller's doing; expired and failed ones count against the service.
enum class Outcome { kOk, kInvalid, kRejected, kCancelled, kExpired, kFailed };
inline constexpr int kOutcomeCount = 6;
inline constexpr std::array<Outcome, kOutcomeCount> kAllOutcomes = {
    Outcome::kOk,        Outcome::kInvalid, Outcome::kRejected,
    Outcome::kCancelled, Outcome::kExpired, Outcome::kFailed};

// "ok", "invalid", "rejected", "cancelled", "expired", "failed".
absl::string_view OutcomeName(Outcome outcome);

// The reasons that are counted under their own name; what is not among them is counted as "other".
absl::Span<const Reason> KnownReasons(Outcome outcome);

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_REQUEST_OUTCOME_H_
