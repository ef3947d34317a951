// What a task is asked for.

#ifndef STROBE_SERVER_BATCHING_GENERATION_REQUEST_H_
#define STROBE_SERVER_BATCHING_GENERATION_REQUEST_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "model/spec/generation_types.h"
#include "model/spec/image_format.h"
#include "model/spec/stage.h"
#include "server/batching/costs/batch_key.h"
#include "server/models/model_handle.h"

namespace strobe::server {

enum class Priority { kInteractive, kBatch };
inline constexpr int kPriorityCount = 2;
enum class DeadlinePolicy { kFail, kBestEffort };

// A validated request with all defaults filled in.
struct GenerationRequest {
  std::string request_id;
  std::string caller;                            // identity, for fair shares
  ModelHandle model;                             // held until the request is released
  std::vector<model::GenerationSpec> samples;    // one for each image; image i has seed + i
  model::StageSet stages = model::kTextToImage;  // that each of them passes through
  int min_inference_steps = 1;
  int partial_images = 0;
  model::ImageFormat output_format = model::ImageFormat::kPng;
  int output_quality = 90;
  Priority priority = Priority::kInteractive;
  DeadlinePolicy deadline_policy = DeadlinePolicy::kFail;
  absl::Time arrival;
  absl::Time deadline = absl::InfiniteFuture();
  absl::Duration delivery;  // what the way from the device to the caller is expected to take

  // When its last picture should leave the device.
  absl::Time due() const { return deadline - delivery; }
};

// Of all its samples, which have one size.
inline BatchKey KeyOf(const GenerationRequest& request) {
  const model::GenerationSpec& spec = request.samples.front();
  return KeyOf(request.model.key(), spec.width, spec.height);
}

}  // namespace strobe::server

#endif  // STROBE_SERVER_BATCHING_GENERATION_REQUEST_H_
