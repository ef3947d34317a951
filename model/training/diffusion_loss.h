// The training side of the diffusion process x = alpha x0 + sigma eps.

#ifndef STROBE_MODEL_TRAINING_DIFFUSION_LOSS_H_
#define STROBE_MODEL_TRAINING_DIFFUSION_LOSS_H_

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/spec/step_table.h"

namespace strobe::model {

// One number for each row as float32 [B, 1, 1, 1].
at::Tensor RowColumn(const std::vector<double>& values);

// alpha x0 + sigma noise, a level for each row of [B, C, h, w].
at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& noise,
                    const std::vector<NoiseLevel>& levels);

// The error of each row, [B]: mean over its elements of
//   sample:        (output - x0)^2 min(1 / sigma^2, 4)
//   epsilon:       (output - noise)^2
//   v_prediction:  (output - (alpha noise - sigma x0))^2
at::Tensor DenoisingLoss(PredictionType type, const at::Tensor& output, const at::Tensor& x0,
                         const at::Tensor& noise, const std::vector<NoiseLevel>& levels);

// The mean of the errors of the rows ([B]) of each timestep, under "loss_t<timestep>".
std::map<std::string, double> LossByTimestep(const at::Tensor& errors,
                                             const std::vector<double>& timesteps);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_DIFFUSION_LOSS_H_
