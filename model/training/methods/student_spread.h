// How much a student's pictures of one prompt differ from seed to seed.

#ifndef STROBE_MODEL_TRAINING_METHODS_STUDENT_SPREAD_H_
#define STROBE_MODEL_TRAINING_METHODS_STUDENT_SPREAD_H_

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace strobe::model {

// The deviation over seeds of latents [prompts * seeds, C, h, w], the seeds of a prompt one after
// the other: the root of the mean variance over prompts and elements. A student whose loss averages
// pictures loses it long before its samples look wrong. At least two seeds.
double SpreadOverSeeds(const at::Tensor& latents, int64_t seeds);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_STUDENT_SPREAD_H_
