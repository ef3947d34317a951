// The teacher's way from a noisy latent to a clean one.

#ifndef STROBE_MODEL_TRAINING_METHODS_TEACHER_SOLVER_H_
#define STROBE_MODEL_TRAINING_METHODS_TEACHER_SOLVER_H_

#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/sampling/noise_schedule.h"
#include "model/spec/step_table.h"
#include "model/training/methods/latent_sampler.h"

namespace strobe::model {

// x0hat of latents [B, C, h, w], each row at its label and that label's level.
using X0Prediction =
    std::function<at::Tensor(const at::Tensor& latents, const std::vector<double>& labels,
                             const std::vector<NoiseLevel>& levels)>;

// That of a denoiser whose output is of `type`, with the guidance of `conditioning`. The denoiser
// must outlive it.
X0Prediction GuidedPrediction(const UNet2DConditionModel& unet, PredictionType type,
                              const Conditioning& conditioning);

// `count` labels from `start` down to 20 (or to `start`, if that is lower), spread evenly in
// log(alpha / sigma): where the process moves fastest they lie closest.
std::vector<int> LogSnrLabels(const NoiseSchedule& schedule, int start, int count);

// Solves from `latents`, row i at the level of label starts[i], to the clean latents with `count`
// predictions at LogSnrLabels, without gradients. DPM-Solver++(2M), algorithm 2 of Lu et al. 2022
// ("DPM-Solver++"), of first order at both ends; the last prediction is the result.
at::Tensor SolveToClean(const X0Prediction& predict, const NoiseSchedule& schedule,
                        at::Tensor latents, const std::vector<int>& starts, int count);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_TEACHER_SOLVER_H_
