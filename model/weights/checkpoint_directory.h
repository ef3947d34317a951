// A model directory in the HuggingFace diffusers layout, component by component.

#ifndef STROBE_MODEL_WEIGHTS_CHECKPOINT_DIRECTORY_H_
#define STROBE_MODEL_WEIGHTS_CHECKPOINT_DIRECTORY_H_

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/spec/model_manifest.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Finds and reads the files of a diffusers directory. What it lacks is taken from the directory
// that its manifest names as `base`, component by component; the manifest's `unet` stands for the
// UNet's weights and, where it is a folder with a config.json, for its config. Every error names
// the file and the reason. Pickle files (.bin, .pt, .ckpt) are refused with how to convert them.
class CheckpointDirectory {
 public:
  // Reads `strobe.json`, if there is one, and `model_index.json`.
  static absl::StatusOr<CheckpointDirectory> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& pipeline_class() const { return pipeline_class_; }
  // Its paths are absolute or relative to the working directory, no longer to the manifest.
  const ModelManifest& manifest() const { return manifest_; }

  // SDXL's `force_zeros_for_empty_prompt`: an absent negative prompt is embedded as zeros.
  bool force_zeros_for_empty_prompt() const { return force_zeros_for_empty_prompt_; }

  // The class of a component in model_index.json ("UNet2DConditionModel"); empty: absent. The
  // scheduler's is that of the manifest's `scheduler`, where it names one.
  std::string ComponentClass(const std::string& component) const;

  // The folder or file that the component's weights are read from.
  std::string WeightsPath(const std::string& component) const;

  // Parses `component/file`, for example ("unet", "config.json"). The manifest's `scheduler` is
  // merged over scheduler_config.json.
  absl::StatusOr<nlohmann::json> ReadJson(const std::string& component,
                                          const std::string& file) const;

  // The whole text of `component/file`.
  absl::StatusOr<std::string> ReadText(const std::string& component, const std::string& file) const;

  // The tensors of a component's safetensors files, memory-mapped, in the dtypes of the files.
  absl::StatusOr<StateDict> ReadWeights(const std::string& component) const;

 private:
  CheckpointDirectory() = default;

  absl::Status ReadManifest();
  absl::Status ReadIndex();
  std::string Folder(const std::string& component) const;

  std::string path_;
  bool force_zeros_for_empty_prompt_ = true;
  std::string pipeline_class_;
  std::map<std::string, std::string> component_classes_;
  ModelManifest manifest_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_CHECKPOINT_DIRECTORY_H_
