#include "server/requests/delivery_meter.h"

#include <algorithm>

namespace strobe::server {
namespace {

constexpr int kQuantilePercent = 90;
// In proportion to the present value, so that hours and microseconds are found alike.
constexpr int64_t kValueOverStep = 4000;
constexpr int64_t kLeastStep = 100;     // nanoseconds
constexpr double kLargestMargin = 0.1;  // of a request's time
// A request's time runs from its caller's call, what is known of it from its arrival: its way here
// is taken to be as long as the picture's way back.
constexpr int kBothWays = 2;

}  // namespace

void DeliveryMeter::Observe(absl::Duration taken) {
  const int64_t present = nanoseconds_.load(std::memory_order_relaxed);
  const int64_t step = std::max(kLeastStep, present / kValueOverStep);
  const bool longer = absl::ToInt64Nanoseconds(taken) > present;
  nanoseconds_.fetch_add(step * (longer ? kQuantilePercent : kQuantilePercent - 100),
                         std::memory_order_relaxed);
}

absl::Duration DeliveryMeter::MarginFor(absl::Duration time_left) const {
  return std::min(kBothWays * absl::Nanoseconds(nanoseconds_.load(std::memory_order_relaxed)),
                  time_left * kLargestMargin);
}

}  // namespace strobe::server
