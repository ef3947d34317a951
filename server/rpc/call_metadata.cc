#include "server/rpc/call_metadata.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/request_end.h"
#include "server/base/request_error.h"

namespace strobe::server {
namespace {

constexpr char kRetryPushbackKey[] = "grpc-retry-pushback-ms";
constexpr size_t kMaxRequestIdBytes = 128;
constexpr int64_t kLongestTimeoutSeconds = int64_t{100} * 365 * 24 * 3600;
constexpr int64_t kLatestArrivalSeconds = int64_t{24} * 3600;
// gRPC's rounding of timeouts on the wire, 1 % at most, and what timers and networks add to it.
constexpr double kTimeoutRounding = 0.011;
constexpr absl::Duration kTimeoutLatency = absl::Milliseconds(5);

std::string ToString(grpc::string_ref text) { return std::string(text.data(), text.size()); }

}  // namespace

bool IsValidRequestId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxRequestIdBytes &&
         std::all_of(id.begin(), id.end(), absl::ascii_isgraph);
}

std::string RequestIdOf(const grpc::CallbackServerContext& context, uint64_t random) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find(kRequestIdKey);
  if (it != metadata.end()) {
    std::string id = ToString(it->second);
    if (IsValidRequestId(id)) return id;
  }
  return absl::StrCat(absl::Hex(random, absl::kZeroPad16));
}

std::string WithoutPort(absl::string_view peer) {
  if (!absl::StartsWith(peer, "ipv4:") && !absl::StartsWith(peer, "ipv6:")) {
    return std::string(peer);
  }
  // gRPC escapes the brackets of an IPv6 address.
  const size_t colon = peer.rfind(':');
  const bool has_port = colon > 5 && (absl::StartsWith(peer, "ipv4:") || peer[colon - 1] == ']' ||
                                      absl::EndsWith(peer.substr(0, colon), "%5D"));
  return std::string(has_port ? peer.substr(0, colon) : peer);
}

absl::Duration RemainingTime(gpr_timespec deadline, gpr_timespec now) {
  const gpr_timespec infinite = gpr_inf_future(deadline.clock_type);
  if (gpr_time_cmp(deadline, infinite) == 0) return absl::InfiniteDuration();
  const __int128 seconds = static_cast<__int128>(deadline.tv_sec) - now.tv_sec;
  if (seconds > kLongestTimeoutSeconds || seconds < -kLatestArrivalSeconds) {
    return absl::InfiniteDuration();
  }
  return absl::Seconds(static_cast<int64_t>(seconds)) +
         absl::Nanoseconds(deadline.tv_nsec - now.tv_nsec);
}

absl::Duration RemainingTimeOf(const grpc::CallbackServerContext& context) {
  const gpr_timespec deadline = context.raw_deadline();
  return RemainingTime(deadline, gpr_now(deadline.clock_type));
}

bool IsNearDeadline(absl::Time now, absl::Time arrival, absl::Time deadline) {
  return now >= deadline - (kTimeoutRounding * (deadline - arrival) + kTimeoutLatency);
}

absl::Status EndOfCancelled(absl::Time now, absl::Time arrival, absl::Time deadline) {
  return IsNearDeadline(now, arrival, deadline) ? DeadlineExpired(deadline - arrival)
                                                : CancelledByCaller();
}

void AddRetryPushback(const absl::Status& why, grpc::CallbackServerContext& context) {
  const absl::Duration delay = DetailsOf(why).retry_delay;
  if (delay <= absl::ZeroDuration()) return;
  context.AddTrailingMetadata(kRetryPushbackKey, absl::StrCat(absl::ToInt64Milliseconds(delay)));
}

}  // namespace strobe::server
