#include "server/program/request_log.h"

#include <string>

#include "absl/time/time.h"
#include "server/observability/logging.h"

namespace strobe::server {

void LogRequest(const RequestRecord& record) {
  const bool our_fault = record.outcome == Outcome::kFailed;
  const bool sent = record.time_to_first_image < absl::InfiniteDuration();
  Log(our_fault ? LogLevel::kError : LogLevel::kInfo, "request",
      {{"request_id", record.request_id},
       {"caller", record.caller},
       {"outcome", OutcomeName(record.outcome)},
       {"reason", record.reason},
       {"error", our_fault ? std::string(record.status.message()) : std::string()},
       {"model", record.model},
       {"num_images", record.num_images},
       {"width", record.width},
       {"height", record.height},
       {"num_inference_steps", record.num_inference_steps},
       {"prompt_bytes", record.prompt_bytes},
       {"images_sent", record.images_sent},
       {"seconds", absl::ToDoubleSeconds(record.duration)},
       {"first_image_seconds", sent ? absl::ToDoubleSeconds(record.time_to_first_image) : 0.0}});
}

}  // namespace strobe::server
