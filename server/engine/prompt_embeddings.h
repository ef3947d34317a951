// What the text encoders make of a sample's prompts.

#ifndef STROBE_SERVER_ENGINE_PROMPT_EMBEDDINGS_H_
#define STROBE_SERVER_ENGINE_PROMPT_EMBEDDINGS_H_

#include <cstddef>

#include <ATen/core/Tensor.h>

#include "model/pipeline/pipeline_sample.h"

namespace strobe::server {

// To be kept in a cache: tensors own their memory, as a view would keep a whole batch alive.
struct PromptEmbeddings {
  model::PromptEmbeds prompt;
  model::PromptEmbeds negative;  // undefined without guidance

  static PromptEmbeddings CopyOf(const model::PromptEmbeds& prompt,
                                 const model::PromptEmbeds& negative) {
    const auto clone = [](const at::Tensor& t) { return t.defined() ? t.clone() : t; };
    return {{clone(prompt.context), clone(prompt.pooled)},
            {clone(negative.context), clone(negative.pooled)}};
  }

  size_t bytes() const {
    size_t sum = 0;
    for (const at::Tensor& tensor :
         {prompt.context, prompt.pooled, negative.context, negative.pooled}) {
      if (tensor.defined()) sum += tensor.nbytes();
    }
    return sum;
  }
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_PROMPT_EMBEDDINGS_H_
