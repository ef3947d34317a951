// The small network that judges one level of the teacher's features.

#ifndef STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_HEAD_H_
#define STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_HEAD_H_

#include <cstdint>
#include <string>

#include <ATen/core/Tensor.h>

#include "model/layers/conv_2d.h"
#include "model/layers/linear.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Two convolutions, a logit a place, and a projection of the prompt on what they found (Miyato and
// Koyama 2018). Holds weights.
class DiscriminatorHead {
 public:
  // For features [B, channels, h, w] and prompts of `prompt_width`. Takes "<name>.*" of `loader`.
  DiscriminatorHead(StateDictLoader& loader, const std::string& name, int64_t channels,
                    int64_t prompt_width);

  // `prompt`: [B, tokens, width]. Logits [B, h * w], float32.
  at::Tensor Forward(const at::Tensor& features, const at::Tensor& prompt) const;

 private:
  Conv2d reduce_;
  Conv2d mix_;
  Conv2d score_;
  Linear project_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_METHODS_DISCRIMINATOR_HEAD_H_
