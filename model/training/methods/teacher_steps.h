// The teacher's part in distillation: guided DDIM steps.

#ifndef STROBE_MODEL_TRAINING_METHODS_TEACHER_STEPS_H_
#define STROBE_MODEL_TRAINING_METHODS_TEACHER_STEPS_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/sampling/noise_schedule.h"
#include "model/spec/step_table.h"
#include "model/training/methods/latent_sampler.h"

namespace strobe::model {

// Where the teacher starts and ends in one row.
struct TeacherPath {
  int start = 999;                    // label; latents are at its level
  int end = 0;                        // label towards which the steps are spread evenly
  NoiseLevel end_level = {1.0, 0.0};  // where the last step leads; {1, 0}: the clean latents
};

// `count` deterministic steps from `latents` ([B, C, h, w], a path each), without gradients.
at::Tensor RunTeacher(const UNet2DConditionModel& teacher, PredictionType prediction_type,
                      const NoiseSchedule& schedule, at::Tensor latents,
                      const std::vector<TeacherPath>& paths, int count,
                      const Conditioning& conditioning);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_TEACHER_STEPS_H_
