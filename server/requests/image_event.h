// What a caller is told of its request, whatever protocol it speaks.

#ifndef STROBE_SERVER_REQUESTS_IMAGE_EVENT_H_
#define STROBE_SERVER_REQUESTS_IMAGE_EVENT_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "model/spec/image_format.h"
#include "server/batching/generation_task.h"

namespace strobe::server {

// The request has passed admission.
struct Accepted {
  std::string request_id;
  int queue_position = 0;             // samples that waited when it came in
  absl::Duration estimated_duration;  // until the last image
};

// A step of one image has finished.
struct Progress {
  int index = 0;
  int steps_done = 0;
  int num_inference_steps = 0;
};

// One encoded picture, partial or final.
struct Picture {
  SampleResult result;  // its pixels are gone
  uint64_t seed = 0;
  model::ImageFormat format = model::ImageFormat::kPng;
  int width = 0;   // pixels
  int height = 0;  // pixels
};

// Every image has been told.
struct Completed {
  int num_images = 0;
  absl::Duration total_duration;  // from arrival
  int denoise_steps = 0;          // of all images together
};

using ImageEvent = std::variant<Accepted, Progress, Picture, Completed>;

// Hears of one request, from any thread, without any lock held. Never blocks.
class EventSink {
 public:
  virtual ~EventSink() = default;

  // One at a time and in order. `Accepted` is not among them: its moment is the call's choice.
  virtual void OnEvent(ImageEvent event) = 0;
  // Exactly once: OK after `Completed`, else why the request ended early.
  virtual void OnEnd(const absl::Status& status) = 0;
  // Exactly once, after OnEnd: no device works on the request any more.
  virtual void OnReleased() {}
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_IMAGE_EVENT_H_
