// What noise correction is said to change: colour, contrast, sharpness.

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_PICTURE_LOOK_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_PICTURE_LOOK_H_

#include <ATen/core/Tensor.h>

namespace strobe::model {

// One number a picture of [B, 3, H, W] in 0..1, each [B] in thousandths.
struct PictureLook {
  at::Tensor saturation;  // mean over pixels of the largest channel less the smallest
  at::Tensor contrast;    // deviation of the brightness (Rec. 601) over pixels
  at::Tensor sharpness;   // deviation of its four-neighbour Laplacian
};

PictureLook LookOf(const at::Tensor& pictures);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_PICTURE_LOOK_H_
