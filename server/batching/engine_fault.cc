#include "server/batching/engine_fault.h"

#include <algorithm>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

// Beyond anything that a busy device or a cold cache explains.
constexpr double kHangFactor = 20;

// About what another process needs to take the load, or this one to be found not ready.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

}  // namespace

absl::string_view EngineFaultName(EngineFault fault) {
  switch (fault) {
    case EngineFault::kError:
      return "error";
    case EngineFault::kOutOfMemory:
      return "out_of_memory";
    case EngineFault::kNotFinite:
      return "not_finite";
    case EngineFault::kDeviceLost:
      return "device_lost";
    case EngineFault::kHung:
      return "hung";
  }
  return "error";
}

EngineFault FaultOf(const absl::Status& error) {
  switch (error.code()) {
    case absl::StatusCode::kResourceExhausted:
      return EngineFault::kOutOfMemory;
    case absl::StatusCode::kUnavailable:
      return EngineFault::kDeviceLost;
    default:
      return EngineFault::kError;
  }
}

absl::Status RequestErrorOf(EngineFault fault) {
  switch (fault) {
    case EngineFault::kError:
    case EngineFault::kNotFinite:
      break;
    case EngineFault::kOutOfMemory:
      return RequestError(absl::StatusCode::kResourceExhausted,
                          "the device's memory does not suffice for a picture of this size",
                          {.reason = Reason::kOutOfMemory});
    case EngineFault::kDeviceLost:
    case EngineFault::kHung:
      return RequestError(absl::StatusCode::kUnavailable,
                          "the server has lost its device and is about to restart",
                          {.reason = Reason::kDeviceFault, .retry_delay = kRetryDelay});
  }
  return RequestError(absl::StatusCode::kInternal, "the image could not be generated",
                      {.reason = Reason::kEngineFailure});
}

absl::Duration HangLimit(const CostModel& costs, Stage stage, const BatchKey& key, int batch_size,
                         absl::Duration least) {
  return std::max(least, costs.Predict(stage, key, batch_size) * kHangFactor);
}

}  // namespace strobe::server
