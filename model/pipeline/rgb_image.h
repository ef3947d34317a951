// Float pictures to 8 bits.

#ifndef STROBE_MODEL_PIPELINE_RGB_IMAGE_H_
#define STROBE_MODEL_PIPELINE_RGB_IMAGE_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

// Rounds float [3, H, W] tensors in 0..1, of one size, to 8 bits on their device, half to even as
// diffusers does. INTERNAL for an image with a value that is not finite; for all when it fails.
std::vector<absl::StatusOr<RgbImage>> ToRgbImages(const std::vector<at::Tensor>& images);
absl::StatusOr<RgbImage> ToRgbImage(const at::Tensor& image);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_RGB_IMAGE_H_
