// Where a student stands in the middle of its own sampling.

#ifndef STROBE_MODEL_TRAINING_METHODS_STUDENT_ROLLOUT_H_
#define STROBE_MODEL_TRAINING_METHODS_STUDENT_ROLLOUT_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/training/methods/latent_sampler.h"
#include "model/training/methods/step_tables.h"

namespace strobe::model {

// Backward distillation's input (Kohler et al. 2024, "Imagine Flash", section 3.1): the latents
// that `student` itself reaches from `noise` ([B, C, h, w], unit variance), row i after
// positions[i].step steps, with noise correction where the table has it: the very states of
// sampling. The tables must draw no noise. No gradient is recorded and nothing of any picture is
// looked at.
at::Tensor RollOut(const UNet2DConditionModel& student, const std::vector<StepPosition>& positions,
                   const at::Tensor& noise, const Conditioning& conditioning);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_STUDENT_ROLLOUT_H_
