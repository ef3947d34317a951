// What a classifier of attributes pays for its answers.

#ifndef STROBE_MODEL_TRAINING_STAGES_ATTRIBUTE_LOSS_H_
#define STROBE_MODEL_TRAINING_STAGES_ATTRIBUTE_LOSS_H_

#include <ATen/core/Tensor.h>

#include "model/scenes/attribute_heads.h"

namespace strobe::model {

// Sum over `heads` of the cross-entropy of `logits` [B, NumClasses(heads)] with `labels`
// [B, heads], averaged over the rows whose label is not kNotTold. A scalar.
at::Tensor AttributeLoss(const AttributeHeads& heads, const at::Tensor& logits,
                         const at::Tensor& labels);

// Share of rows with every attribute right.
double AttributeAccuracy(const AttributeHeads& heads, const at::Tensor& logits,
                         const at::Tensor& labels);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_ATTRIBUTE_LOSS_H_
