// The training side of the diffusion process x = alpha x0 + sigma eps.

#ifndef STROBE_MODEL_TRAINING_METHODS_DIFFUSION_LOSS_H_
#define STROBE_MODEL_TRAINING_METHODS_DIFFUSION_LOSS_H_

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/spec/step_table.h"

namespace strobe::model {

// One number for each row as float32 [B] on the device of `like`.
at::Tensor PerRow(const std::vector<double>& values, const at::Tensor& like);

// The same as [B, 1, 1, 1].
at::Tensor RowColumn(const std::vector<double>& values, const at::Tensor& like);

// alpha x0 + sigma noise, a level for each row of [B, C, h, w].
at::Tensor AddNoise(const at::Tensor& x0, const at::Tensor& noise,
                    const std::vector<NoiseLevel>& levels);

// x0hat of a network whose output for `noisy`, a level for each row, is of `type`.
at::Tensor PredictedX0(PredictionType type, const at::Tensor& output, const at::Tensor& noisy,
                       const std::vector<NoiseLevel>& levels);

// epshat of the same: (noisy - alpha x0hat) / sigma, sigma above 0.
at::Tensor PredictedNoise(const at::Tensor& x0hat, const at::Tensor& noisy,
                          const std::vector<NoiseLevel>& levels);

// The error of each row, [B]: the mean of (x0hat - x0)^2 times min(1 / sigma^2, 4). That is the
// loss of v-prediction, bounded where there is hardly any noise, whatever the network predicts: so
// what it learns first does not depend on how it says it.
at::Tensor DenoisingLoss(const at::Tensor& x0hat, const at::Tensor& x0,
                         const std::vector<NoiseLevel>& levels);

// The mean of the errors of the rows ([B]) of each name.
std::map<std::string, double> LossByName(const at::Tensor& errors,
                                         const std::vector<std::string>& names);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_DIFFUSION_LOSS_H_
