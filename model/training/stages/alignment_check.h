// How often a model draws what a prompt says, read off the pixels.

#ifndef STROBE_MODEL_TRAINING_STAGES_ALIGNMENT_CHECK_H_
#define STROBE_MODEL_TRAINING_STAGES_ALIGNMENT_CHECK_H_

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

#include "absl/status/statusor.h"
#include "model/scenes/scene_types.h"
#include "model/training/networks/trained_model.h"

namespace strobe::model {

struct AlignmentCheckOptions {
  SceneDomain domain = SceneDomain::kSimple;
  int image_size = 64;    // pixels
  int num_prompts = 200;  // half of them of scenes that are held out of training
  int num_steps = 1;      // of the model's own scheduler
  double guidance_scale = 1.0;
  bool noise_correction = false;
  uint64_t seed = 9;
  at::Device device = at::kCPU;
};

struct AlignmentCheck {
  double all_right = 0.0;           // share of pictures with every attribute right, 0..1
  double mean = 0.0;                // mean share of attributes right, 0..1
  double held_out_all_right = 0.0;  // of the held-out half
};

// Draws a picture for each of `num_prompts` captions that name every attribute and compares it with
// the caption. The noise is fixed by the seed.
absl::StatusOr<AlignmentCheck> CheckAlignment(const TrainedModel& model,
                                              const AlignmentCheckOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_ALIGNMENT_CHECK_H_
