// The components that a model directory of a family has.

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_COMPONENT_SPEC_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_COMPONENT_SPEC_H_

#include <string>
#include <vector>

namespace strobe::model {

enum class ComponentRole { kTokenizer, kTextEncoder, kDenoiser, kAutoencoder, kScheduler };

struct ComponentSpec {
  // Tokenizers and schedulers have none.
  bool has_weights() const {
    return role != ComponentRole::kTokenizer && role != ComponentRole::kScheduler;
  }

  ComponentRole role;
  std::string folder;                // and key of model_index.json
  std::vector<std::string> classes;  // that model_index.json may give it; any, if empty
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_COMPONENT_SPEC_H_
