// Brings pictures of any size to the square that training uses.

#ifndef STROBE_MODEL_SCENES_PICTURE_FIT_H_
#define STROBE_MODEL_SCENES_PICTURE_FIT_H_

#include "model/spec/generation_types.h"

namespace strobe::model {

// Cuts the largest middle square out of `image` (at least 1x1) and scales it to `size` x `size`
// pixels with a triangle filter, as wide as a target pixel when shrinking (no aliasing), linear
// interpolation when growing. A square picture of that size comes back unchanged.
RgbImage FitToSquare(const RgbImage& image, int size);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_PICTURE_FIT_H_
