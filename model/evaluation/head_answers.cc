#include "model/evaluation/head_answers.h"

#include <ATen/ops/stack.h>

namespace strobe::model {

std::vector<at::Tensor> PartsOf(const at::Tensor& logits, const AttributeHeads& heads) {
  std::vector<at::Tensor> parts;
  int64_t first = 0;
  for (const AttributeHead& head : heads) {
    const int64_t classes = static_cast<int64_t>(head.classes.size());
    parts.push_back(logits.narrow(1, first, classes));
    first += classes;
  }
  return parts;
}

at::Tensor AnswersOf(const at::Tensor& logits, const AttributeHeads& heads) {
  std::vector<at::Tensor> answers;
  for (const at::Tensor& part : PartsOf(logits, heads)) answers.push_back(part.argmax(1));
  return at::stack(answers, 1);
}

}  // namespace strobe::model
