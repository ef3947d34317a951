// How far a picture of the autoencoder is from the true one.

#ifndef STROBE_MODEL_TRAINING_METHODS_RECONSTRUCTION_LOSS_H_
#define STROBE_MODEL_TRAINING_METHODS_RECONSTRUCTION_LOSS_H_

#include <ATen/core/Tensor.h>

namespace strobe::model {

// mean |d| + 4 mean d^2 + (mean |dx d| + mean |dy d|) / 2, with d = reconstruction - picture and
// dx, dy the differences of neighbours: edges count beside colours. Both [B, 3, H, W]; a scalar.
at::Tensor ReconstructionLoss(const at::Tensor& reconstruction, const at::Tensor& pictures);

// Keeps latents [B, C, h, w] centred and narrow: mean over channels of (channel mean)^2 and of the
// channel's standard deviation above 1.5. A scalar.
at::Tensor LatentSpreadLoss(const at::Tensor& latents);

// Peak signal-to-noise ratio of pictures in 0..1, in dB.
double PeakSignalToNoise(const at::Tensor& reconstruction, const at::Tensor& pictures);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_RECONSTRUCTION_LOSS_H_
