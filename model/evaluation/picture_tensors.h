// Pictures as tensors, and sheets of them.

#ifndef STROBE_MODEL_EVALUATION_PICTURE_TENSORS_H_
#define STROBE_MODEL_EVALUATION_PICTURE_TENSORS_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

// Float32 [B, 3, H, W] in 0..1 from pictures of one size, at least one.
at::Tensor StackPictures(absl::Span<const RgbImage> pictures);

// Lays [B, 3, H, W] in 0..1 (clamped) out in rows of `columns`, each followed by `gap`
// white pixels to the right and below.
RgbImage PictureSheet(const at::Tensor& pictures, int columns, int gap = 1);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_PICTURE_TENSORS_H_
