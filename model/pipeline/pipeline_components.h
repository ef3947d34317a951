// The parts of a diffusers pipeline, loaded and checked against each other.

#ifndef STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_
#define STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/decoder/image_decoder.h"
#include "model/denoiser/unet_2d_condition_model.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/sampling/step_table_builder.h"
#include "model/spec/model_description.h"
#include "model/spec/model_manifest.h"
#include "model/text/clip_text_model.h"
#include "model/text/clip_tokenizer.h"
#include "model/weights/checkpoint_directory.h"

namespace strobe::model {

struct PipelineComponents {
  ModelManifest manifest;
  ModelDescription description;
  ClipTokenizer tokenizer;
  StepTableBuilder step_tables;
  std::unique_ptr<ClipTextModel> text_encoder;
  std::unique_ptr<UNet2DConditionModel> unet;
  std::unique_ptr<ImageDecoder> decoder;
  std::unique_ptr<ImageDecoder> preview_decoder;  // null: the manifest names none
};

// INVALID_ARGUMENT names the class of `directory` when strobe has no such pipeline.
absl::Status CheckPipelineClass(const CheckpointDirectory& directory);

// The sampler that the directory asks for, with what its pipeline class forces on it:
// StableDiffusionPipeline sets clip_sample to false and steps_offset to 1 without a word.
absl::StatusOr<StepTableBuilder> LoadStepTableBuilder(const CheckpointDirectory& directory);

absl::StatusOr<ClipTokenizer> LoadTokenizer(const CheckpointDirectory& directory);

// Loads everything. INVALID_ARGUMENT also when components do not fit together: text width and cross
// attention, latent channels, prompt length and positions, the preview decoder's latents.
absl::StatusOr<PipelineComponents> LoadPipelineComponents(
    const CheckpointDirectory& directory, const TextToImagePipeline::Options& options);

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_PIPELINE_COMPONENTS_H_
