// What became of one request of a load.

#ifndef STROBE_CLIENT_LOAD_REQUEST_RECORD_H_
#define STROBE_CLIENT_LOAD_REQUEST_RECORD_H_

#include <grpcpp/support/status_code_enum.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "workload/workload.h"

namespace strobe::client {

// Where the server says that the time of a request went: that of the image that came last.
struct ServerSplit {
  absl::Duration queue;
  absl::Duration text;
  absl::Duration denoise;
  absl::Duration decode;
  absl::Duration encode;
  absl::Duration total;  // from arrival to the last image, as `completed` says

  absl::Duration sum() const { return queue + text + denoise + decode + encode; }
};

// Batch sizes that the images of a request rode in.
struct BatchSizes {
  std::vector<int> text;
  std::vector<int> denoise;
  std::vector<int> decode;
};

// Times are since the start of the run, on the client's steady clock; infinite: it did not happen.
struct RequestRecord {
  uint64_t index = 0;  // in the load
  workload::RequestDraw draw;
  bool warmup = false;

  absl::Duration intended;  // when it was to be sent: the schedule, or a caller being free
  absl::Duration sent;
  absl::Duration first_event = absl::InfiniteDuration();
  absl::Duration first_partial = absl::InfiniteDuration();
  absl::Duration first_image = absl::InfiniteDuration();
  absl::Duration last_partial = absl::InfiniteDuration();
  absl::Duration ended;
  std::vector<absl::Duration> steps;  // when the progress of image 0 came in, by step
  int partial_images = 0;

  int retries = 0;  // times it was sent again after a refusal; the times above are of all of them
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string reason;                                 // google.rpc.ErrorInfo
  std::string message;                                // of the error
  absl::Duration retry_delay = absl::ZeroDuration();  // that the server asked for with it

  int images = 0;
  int steps_done = 0;   // over all images
  int ended_early = 0;  // images with fewer steps than planned: deadline or load
  int wrong_size_images = 0;
  int corrupt_images = 0;
  int64_t bytes = 0;  // of all pictures, partial ones included
  ServerSplit split;
  BatchSizes batches;

  bool ok() const { return code == grpc::StatusCode::OK; }
  // The server has not begun it and may take it later.
  bool refused() const {
    return code == grpc::StatusCode::RESOURCE_EXHAUSTED || code == grpc::StatusCode::UNAVAILABLE;
  }
  // The caller left, as the workload wanted.
  bool cancelled_as_planned() const {
    return code == grpc::StatusCode::CANCELLED && draw.cancel_after != absl::InfiniteDuration();
  }
  absl::Duration send_lag() const { return sent - intended; }
  // What a caller who wanted to send at the intended time would have waited.
  absl::Duration latency() const { return ended - intended; }
  absl::Duration latency_from_send() const { return ended - sent; }
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_REQUEST_RECORD_H_
