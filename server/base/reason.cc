#include "server/base/reason.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace strobe::server {
namespace {

// By value of Reason.
constexpr absl::string_view kNames[] = {"",
                                        "OK",
                                        "INVALID_REQUEST",
                                        "UNDECODABLE_REQUEST",
                                        "INVALID_UTF8",
                                        "MODEL_NOT_FOUND",
                                        "REVISION_NOT_GROWING",
                                        "UNAUTHENTICATED",
                                        "WARMING_UP",
                                        "DRAINING",
                                        "QUEUE_FULL",
                                        "CALLER_QUOTA",
                                        "CALLER_SHARE",
                                        "DEADLINE_INFEASIBLE",
                                        "DEADLINE_EXPIRED",
                                        "CANCELLED",
                                        "SUPERSEDED",
                                        "SLOW_READER",
                                        "SHUTTING_DOWN",
                                        "ENGINE_FAILURE",
                                        "OUT_OF_MEMORY",
                                        "DEVICE_FAULT",
                                        "IMAGE_ENCODE_FAILED",
                                        "ENCODE_QUEUE_FULL",
                                        "UNAVAILABLE",
                                        "INTERNAL"};
static_assert(std::size(kNames) == static_cast<std::size_t>(Reason::kInternal) + 1);

}  // namespace

absl::string_view ReasonName(Reason reason) { return kNames[static_cast<std::size_t>(reason)]; }

std::optional<Reason> ReasonNamed(absl::string_view name) {
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return static_cast<Reason>(found - std::begin(kNames));
}

}  // namespace strobe::server
