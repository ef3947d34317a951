// The components of a model directory, one at a time.

#ifndef STROBE_MODEL_PIPELINE_COMPONENT_LOADER_H_
#define STROBE_MODEL_PIPELINE_COMPONENT_LOADER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/autoencoder/image_decoder.h"
#include "model/denoiser/unet/unet_2d_condition_model.h"
#include "model/pipeline/pipeline_family.h"
#include "model/pipeline/prompt_encoder.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/weights/checkpoint_directory.h"
#include "model/weights/lora.h"

namespace strobe::model {

// Loads what it is asked for, with the updates of `lora` fused in. Errors name the folder and
// everything that is wrong in it. Not thread-safe; keeps references.
class ComponentLoader {
 public:
  ComponentLoader(const CheckpointDirectory& directory, const TextToImagePipeline::Options& options,
                  LoraSet& lora)
      : directory_(directory), options_(options), lora_(lora) {}

  absl::StatusOr<TextTower> LoadTextTower(const TextTowerSource& source);
  absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> LoadUNet();
  absl::StatusOr<std::unique_ptr<ImageDecoder>> LoadDecoder(bool is_sdxl);
  // Null when the manifest names none.
  absl::StatusOr<std::unique_ptr<ImageDecoder>> LoadPreviewDecoder(bool is_sdxl);

 private:
  // INVALID_ARGUMENT when model_index.json gives `component` none of `classes`.
  absl::Status CheckClass(const std::string& component,
                          const std::vector<std::string>& classes) const;
  absl::StatusOr<ClipTokenizer> LoadTokenizer(const std::string& component) const;
  absl::Status InFile(absl::string_view file, const absl::Status& status) const;

  // Reads config and weights of `component`; `create` turns them into a module.
  template <typename Module, typename Create>
  absl::StatusOr<std::unique_ptr<Module>> LoadModule(const std::string& component,
                                                     at::ScalarType dtype, const Create& create);

  const CheckpointDirectory& directory_;
  const TextToImagePipeline::Options& options_;
  LoraSet& lora_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_COMPONENT_LOADER_H_
