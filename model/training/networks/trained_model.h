// A whole diffusers model in memory: what training makes and distillation starts from.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_TRAINED_MODEL_H_
#define STROBE_MODEL_TRAINING_NETWORKS_TRAINED_MODEL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/autoencoder/image_encoder.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/output/output_folder.h"
#include "model/pipeline/families/unet_family.h"
#include "model/text/clip/clip_tokenizer_files.h"
#include "model/training/networks/parameter_set.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// SDXL's second text encoder.
struct SecondTextEncoder {
  nlohmann::json config;
  ClipTokenizerFiles tokenizer;
  StateDict weights;
};

// The family of the models that training makes.
const UNetFamily& StableDiffusion();

struct TrainedModel {
  // StableDiffusionPipeline, or StableDiffusionXLPipeline, which has the second text encoder.
  const UNetFamily* family = &StableDiffusion();
  nlohmann::json unet_config;
  nlohmann::json text_config;
  nlohmann::json vae_config;
  nlohmann::json scheduler_config;
  std::string vae_class = "AutoencoderTiny";
  ClipTokenizerFiles tokenizer;
  StateDict unet;
  StateDict text_encoder;
  StateDict vae;
  std::optional<SecondTextEncoder> second_text;
  bool zero_empty_prompt = false;  // guidance is against zeros, not the empty prompt
  StateDict lora;                  // the adapters that are merged into `unet`, if it has any
};

// What is written beside the components.
struct ModelCard {
  std::string name;              // of strobe.json
  std::vector<int> step_counts;  // offered; the last is the default
  bool noise_correction = false;
  int image_size = 64;  // pixels
  std::string text;     // README.md
};

// Reads the directory of a StableDiffusionPipeline or a StableDiffusionXLPipeline. Every error
// names the file and the reason; so it refuses other pipelines, a denoiser that takes its guidance
// scale as an input, and a manifest that fuses LoRA files.
absl::StatusOr<TrainedModel> ReadTrainedModel(const std::string& directory);

// Writes `model` as a diffusers directory, weights as float16, with strobe.json and README.md.
// Errors as of OutputFolder::Write.
absl::Status WriteTrainedModel(const OutputFolder& output, const TrainedModel& model,
                               const ModelCard& card);

// Builds the denoiser over `weights`, making what they lack from `seed`.
absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> BuildUnet(const nlohmann::json& config,
                                                                uint64_t seed,
                                                                ParameterSet& weights);

// The decoder of `model`, in float32, and its encoder. INVALID_ARGUMENT names every option whose
// value strobe cannot run and every tensor that does not fit.
absl::StatusOr<std::unique_ptr<ImageDecoder>> BuildDecoder(const TrainedModel& model,
                                                           at::Device device);
absl::StatusOr<std::unique_ptr<ImageEncoder>> BuildImageEncoder(const TrainedModel& model,
                                                                at::Device device);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_TRAINED_MODEL_H_
