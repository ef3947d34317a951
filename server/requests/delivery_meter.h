// Learns how long pictures take from the device to the sockets of their callers.

#ifndef STROBE_SERVER_REQUESTS_DELIVERY_METER_H_
#define STROBE_SERVER_REQUESTS_DELIVERY_METER_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"

namespace strobe::server {

// Follows the time within which nine of ten requests are delivered, in the manner of Ma,
// Muthukrishnan and Sandler, "Frugal Streaming for Estimating Quantiles" (arXiv 1407.1121).
// Thread-safe.
class DeliveryMeter {
 public:
  // A request's last picture was sent `taken` after it had left the device.
  void Observe(absl::Duration taken);

  // How long before its deadline the last picture of a request with that much time should leave
  // the device. At most a tenth of the time: callers who read slowly cost others no more.
  absl::Duration MarginFor(absl::Duration time_left) const;

 private:
  std::atomic<int64_t> nanoseconds_{0};
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_DELIVERY_METER_H_
