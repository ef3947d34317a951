// What a call says about itself beside its message: request id, time left.

#ifndef STROBE_SERVER_RPC_CALL_METADATA_H_
#define STROBE_SERVER_RPC_CALL_METADATA_H_

#include <cstdint>
#include <string>

#include <grpc/support/time.h>
#include <grpcpp/server_context.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace strobe::server {

inline constexpr char kRequestIdKey[] = "x-request-id";

// Whether `id` may be taken over from a caller: 1 to 128 printable ASCII characters, no space.
bool IsValidRequestId(absl::string_view id);

// The call's valid x-request-id, else 16 hexadecimal digits of `random`.
std::string RequestIdOf(const grpc::CallbackServerContext& context, uint64_t random);

// "ipv4:10.0.0.7:4711" -> "ipv4:10.0.0.7", "ipv6:[::1]:4711" -> "ipv6:[::1]"; others unchanged.
std::string WithoutPort(absl::string_view peer);

// Time from `now` to a call's `deadline`, both of the same gRPC clock. InfiniteDuration when there
// is none, and for timeouts so large that gRPC's clock overflowed on them: a true deadline is never
// more than a day past, as it came as a timeout with the call.
absl::Duration RemainingTime(gpr_timespec deadline, gpr_timespec now);

// The same for a call, now.
absl::Duration RemainingTimeOf(const grpc::CallbackServerContext& context);

// Whether a cancellation at `now` is the caller's deadline at work. A caller whose deadline passes
// resets its stream without a reason, and a little before the deadline known here, because gRPC
// rounds timeouts up by as much as 1 % on their way: without this, most such requests would count
// as cancelled.
bool IsNearDeadline(absl::Time now, absl::Time arrival, absl::Time deadline);

// Why a call ended that was cancelled at `now`: CANCELLED (CANCELLED), or DEADLINE_EXCEEDED
// (DEADLINE_EXPIRED) near its deadline.
absl::Status EndOfCancelled(absl::Time now, absl::Time arrival, absl::Time deadline);

// Tells retrying callers when to come back after the refusal `why`, as gRPC's retry policy reads
// it; nothing when `why` has no retry delay. Before the call is finished.
void AddRetryPushback(const absl::Status& why, grpc::CallbackServerContext& context);

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_METADATA_H_
