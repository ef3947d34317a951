// CLIP text encoders of a model directory.

#ifndef STROBE_MODEL_PIPELINE_FAMILIES_CLIP_TEXT_LOADING_H_
#define STROBE_MODEL_PIPELINE_FAMILIES_CLIP_TEXT_LOADING_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/pipeline/component_loader.h"
#include "model/pipeline/families/component_spec.h"
#include "model/text/clip/clip_text_encoder.h"
#include "model/text/clip/clip_text_model.h"

namespace strobe::model {

// The folders of one text encoder, and what the family takes from it.
struct ClipTextSource {
  std::string tokenizer;
  std::string text_encoder;
  std::string text_encoder_class;
  ClipTextModel::Head head = ClipTextModel::Head::kNone;
  ClipTextEncoder::Layer layer = ClipTextEncoder::Layer::kLast;

  // The tokenizer's and the text encoder's.
  std::vector<ComponentSpec> components() const;
};

// Every problem of the tokenizer and of the network is in the one error.
absl::StatusOr<std::unique_ptr<TextEncoder>> LoadClipTextEncoder(const ClipTextSource& source,
                                                                 ComponentLoader& loader);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_FAMILIES_CLIP_TEXT_LOADING_H_
