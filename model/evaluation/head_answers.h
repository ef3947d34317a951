// Attributes read off a classifier's output.

#ifndef STROBE_MODEL_EVALUATION_HEAD_ANSWERS_H_
#define STROBE_MODEL_EVALUATION_HEAD_ANSWERS_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "model/scenes/attribute_heads.h"

namespace strobe::model {

// `logits` [B, NumClasses(heads)] as the part of each head, [B, its classes]: views.
std::vector<at::Tensor> PartsOf(const at::Tensor& logits, const AttributeHeads& heads);

// The likeliest class of each head, int64 [B, heads]. At least one head.
at::Tensor AnswersOf(const at::Tensor& logits, const AttributeHeads& heads);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_HEAD_ANSWERS_H_
