#include "model/pipeline/pipeline_family.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr char kStableDiffusion[] = "StableDiffusionPipeline";
constexpr char kStableDiffusionXl[] = "StableDiffusionXLPipeline";
constexpr char kLatentConsistency[] = "LatentConsistencyModelPipeline";

}  // namespace

absl::StatusOr<PipelineFamily> FindPipelineFamily(const std::string& pipeline_class) {
  PipelineFamily family;
  family.pipeline_class = pipeline_class;
  family.text_towers = {{"tokenizer", "text_encoder", "CLIPTextModel", ClipTextModel::Head::kNone}};
  if (pipeline_class == kStableDiffusion) {
    family.overrides_scheduler = true;
    return family;
  }
  if (pipeline_class == kLatentConsistency) {
    family.has_classifier_free_guidance = false;
    family.default_guidance_scale = 8.5;
    return family;
  }
  if (pipeline_class == kStableDiffusionXl) {
    family.is_sdxl = true;
    family.default_guidance_scale = 5.0;
    family.text_towers.push_back({"tokenizer_2", "text_encoder_2", "CLIPTextModelWithProjection",
                                  ClipTextModel::Head::kProjection});
    return family;
  }
  return absl::InvalidArgumentError(absl::StrCat("the pipeline class '", pipeline_class,
                                                 "' is not supported: use ", kStableDiffusion, ", ",
                                                 kStableDiffusionXl, " or ", kLatentConsistency));
}

}  // namespace strobe::model
