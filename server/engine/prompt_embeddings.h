// What the text encoders make of a sample's prompts.

#ifndef STROBE_SERVER_ENGINE_PROMPT_EMBEDDINGS_H_
#define STROBE_SERVER_ENGINE_PROMPT_EMBEDDINGS_H_

#include <cstddef>

#include "model/pipeline/pipeline_sample.h"

namespace strobe::server {

// To be kept in a cache: tensors own their memory, as a view would keep a whole batch alive.
struct PromptEmbeddings {
  model::PromptEmbeds prompt;
  model::PromptEmbeds negative;  // undefined without guidance

  static PromptEmbeddings CopyOf(const model::PromptEmbeds& prompt,
                                 const model::PromptEmbeds& negative) {
    return {prompt.Clone(), negative.Clone()};
  }

  size_t bytes() const { return prompt.nbytes() + negative.nbytes(); }
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_ENGINE_PROMPT_EMBEDDINGS_H_
