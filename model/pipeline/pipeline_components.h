// The parts of a diffusers pipeline, loaded and checked against each other.

#ifndef STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_
#define STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/pipeline/pipeline_family.h"
#include "model/pipeline/prompt_encoder.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/model_description.h"
#include "model/spec/model_manifest.h"
#include "model/weights/checkpoint_directory.h"

namespace strobe::model {

struct PipelineComponents {
  ModelManifest manifest;
  ModelDescription description;
  StepTableBuilder step_tables;
  PromptEncoder prompt_encoder;
  std::unique_ptr<UNet2DConditionModel> unet;
  std::unique_ptr<ImageDecoder> decoder;
  std::unique_ptr<ImageDecoder> preview_decoder;  // null: the manifest names none
  bool has_classifier_free_guidance = true;       // else the scale is an input of the denoiser
  bool zero_empty_negative_prompt = false;        // SDXL's force_zeros_for_empty_prompt
};

// The sampler that the directory asks for, with what its pipeline class forces on it.
absl::StatusOr<StepTableBuilder> LoadStepTableBuilder(const CheckpointDirectory& directory,
                                                      const PipelineFamily& family);

// Loads everything and fuses the manifest's LoRA files. Every problem of every component is in the
// one error, and so is what does not fit together: text width and cross attention, latent channels,
// prompt length and positions, the preview decoder's latents.
absl::StatusOr<PipelineComponents> LoadPipelineComponents(
    const CheckpointDirectory& directory, const TextToImagePipeline::Options& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_
