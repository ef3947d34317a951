// The parts of a diffusers pipeline, loaded and checked against each other.

#ifndef STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_
#define STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_autoencoder.h"
#include "model/denoiser/denoiser.h"
#include "model/pipeline/families/model_family.h"
#include "model/pipeline/model_settings.h"
#include "model/pipeline/pipeline_options.h"
#include "model/pipeline/prompt_encoder.h"
#include "model/spec/model_description.h"
#include "model/weights/checkpoint_directory.h"

namespace strobe::model {

struct PipelineComponents {
  // For previews; of final images where the manifest names none.
  const ImageDecoder& previews() const {
    return preview_decoder != nullptr ? *preview_decoder : autoencoder->decoder();
  }

  ModelDescription description;
  StepSource steps;  // with the family and the geometry
  PromptEncoder prompt_encoder;
  std::unique_ptr<Denoiser> denoiser;
  std::unique_ptr<ImageAutoencoder> autoencoder;
  std::unique_ptr<ImageDecoder> preview_decoder;  // null: the manifest names none
  bool zero_empty_negative_prompt = false;        // force_zeros_for_empty_prompt
};

// Loads everything and fuses the manifest's LoRA files. Every problem of every component is in the
// one error, and so is what does not fit together, see ModelFamily::CheckFit.
absl::StatusOr<PipelineComponents> LoadPipelineComponents(const CheckpointDirectory& directory,
                                                          const PipelineOptions& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_
