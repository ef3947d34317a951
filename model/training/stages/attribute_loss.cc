#include "model/training/stages/attribute_loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros.h>

#include "model/evaluation/head_answers.h"

namespace strobe::model {

at::Tensor AttributeLoss(const AttributeHeads& heads, const at::Tensor& logits,
                         const at::Tensor& labels) {
  at::Tensor loss = at::zeros({}, logits.options());
  int64_t head = 0;
  for (const at::Tensor& part : PartsOf(logits, heads)) {
    const at::Tensor wanted = labels.select(1, head++);
    const at::Tensor told = wanted.ne(kNotTold).sum().clamp_min(1);
    loss = loss + at::cross_entropy_loss(part, wanted, {}, at::Reduction::Sum, kNotTold) / told;
  }
  return loss;
}

double AttributeAccuracy(const AttributeHeads& heads, const at::Tensor& logits,
                         const at::Tensor& labels) {
  const at::Tensor right = AnswersOf(logits, heads).eq(labels).all(1);
  return right.to(at::kFloat).mean().item<double>();
}

}  // namespace strobe::model
