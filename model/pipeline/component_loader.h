// The components of a model directory, one at a time.

#ifndef STROBE_MODEL_PIPELINE_COMPONENT_LOADER_H_
#define STROBE_MODEL_PIPELINE_COMPONENT_LOADER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "model/autoencoder/image_autoencoder.h"
#include "model/pipeline/families/component_spec.h"
#include "model/pipeline/pipeline_options.h"
#include "model/weights/checkpoint_directory.h"
#include "model/weights/lora.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Loads what it is asked for, with the updates of `lora` fused in. Errors name the folder and
// everything that is wrong in it. Not thread-safe; keeps references.
class ComponentLoader {
 public:
  ComponentLoader(const CheckpointDirectory& directory, const PipelineOptions& options,
                  LoraSet& lora)
      : directory_(directory), options_(options), lora_(lora) {}

  // INVALID_ARGUMENT when model_index.json gives the component none of its classes.
  absl::Status CheckClass(const ComponentSpec& spec) const;

  // Reads config.json and the weights of `folder`. `create`, of the two as `json` and `loader`,
  // gives an absl::StatusOr<std::unique_ptr<Network>> and takes its tensors from the loader.
  template <typename Network, typename Create>
  absl::StatusOr<std::unique_ptr<Network>> LoadNetwork(const std::string& folder,
                                                       at::ScalarType dtype, const Create& create);
  // The same in the dtype of the networks, after CheckClass.
  template <typename Network, typename Create>
  absl::StatusOr<std::unique_ptr<Network>> LoadNetwork(const ComponentSpec& spec,
                                                       const Create& create) {
    STROBE_RETURN_IF_ERROR(CheckClass(spec));
    return LoadNetwork<Network>(spec.folder, options_.dtype, create);
  }

  absl::StatusOr<std::unique_ptr<ImageAutoencoder>> LoadAutoencoder(const ComponentSpec& spec,
                                                                    LatentStatistics statistics);
  // Null when the manifest names none.
  absl::StatusOr<std::unique_ptr<ImageDecoder>> LoadPreviewDecoder(LatentStatistics statistics);

  // `status` with the path of `file`, relative to the directory.
  absl::Status InFile(absl::string_view file, const absl::Status& status) const;

  const CheckpointDirectory& directory() const { return directory_; }

 private:
  absl::StatusOr<StateDictLoader> ReadTensors(const std::string& folder, at::ScalarType dtype);

  const CheckpointDirectory& directory_;
  const PipelineOptions& options_;
  LoraSet& lora_;
};

template <typename Network, typename Create>
absl::StatusOr<std::unique_ptr<Network>> ComponentLoader::LoadNetwork(const std::string& folder,
                                                                      at::ScalarType dtype,
                                                                      const Create& create) {
  STROBE_ASSIGN_OR_RETURN(const nlohmann::json config, directory_.ReadJson(folder, "config.json"));
  STROBE_ASSIGN_OR_RETURN(StateDictLoader loader, ReadTensors(folder, dtype));
  absl::StatusOr<std::unique_ptr<Network>> network = create(config, loader);
  if (!network.ok()) return InFile(folder + "/config.json", network.status());
  if (absl::Status status = loader.Finish(); !status.ok()) return InFile(folder, status);
  return network;
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_COMPONENT_LOADER_H_
