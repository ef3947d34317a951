// The pipeline classes of diffusers that strobe runs, and what each is made of.

#ifndef STROBE_MODEL_PIPELINE_PIPELINE_FAMILY_H_
#define STROBE_MODEL_PIPELINE_PIPELINE_FAMILY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/text/clip/clip_text_model.h"

namespace strobe::model {

// The folders and the class of one text encoder.
struct TextTowerSource {
  std::string tokenizer;
  std::string text_encoder;
  std::string text_encoder_class;
  ClipTextModel::Head head = ClipTextModel::Head::kNone;
};

struct PipelineFamily {
  std::string pipeline_class;
  std::vector<TextTowerSource> text_towers;
  bool is_sdxl = false;
  // StableDiffusionPipeline sets clip_sample to false and steps_offset to 1 without a word.
  bool overrides_scheduler = false;
  bool has_classifier_free_guidance = true;
  double default_guidance_scale = 7.5;  // of a denoiser with a guidance embedding
};

// INVALID_ARGUMENT names the class when strobe has no such pipeline.
absl::StatusOr<PipelineFamily> FindPipelineFamily(const std::string& pipeline_class);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PIPELINE_FAMILY_H_
