// A kind of request in a mixed workload.

#ifndef STROBE_WORKLOAD_REQUEST_CLASS_H_
#define STROBE_WORKLOAD_REQUEST_CLASS_H_

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace strobe::workload {

struct ImageSize {
  int width = 0;   // pixels; 0: the model's default
  int height = 0;  // pixels; 0: the model's default
};

// Requests that are alike. Where there are several prompts, sizes or step counts, each request
// takes one of them, all equally likely.
struct RequestClass {
  std::string name = "default";
  double weight = 1.0;  // its share of the requests is this over the sum of all weights

  // As in strobe.v1.GenerateImagesRequest; 0 and empty mean the model's default.
  std::string model;
  std::vector<std::string> prompts = {"a picture"};
  std::string negative_prompt;
  std::optional<float> guidance_scale;
  std::vector<ImageSize> sizes = {{}};
  std::vector<int> steps = {0};
  int min_steps = 0;
  int num_images = 1;
  int partial_images = 0;
  std::string format = "png";  // png, jpeg, webp or raw
  int quality = 0;
  bool best_effort = false;
  bool batch_priority = false;

  absl::Duration deadline = absl::InfiniteDuration();  // of the call
  absl::Duration slo = absl::InfiniteDuration();       // latency that counts as good
  double cancel_share = 0.0;                           // of the requests that are cancelled
  absl::Duration cancel_after;                         // how long after they were sent

  // What a request must not exceed to count as good: it is of no use after its deadline.
  absl::Duration objective() const { return std::min(slo, deadline); }
};

}  // namespace strobe::workload

#endif  // STROBE_WORKLOAD_REQUEST_CLASS_H_
