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

// Finds and reads the files of a diffusers directory. Every error names the file and the reason.
// Pickle files (.bin, .pt, .ckpt) are refused with a sentence that says how to convert them.
class CheckpointDirectory {
 public:
  // Reads `model_index.json` and, if there is one, `strobe.json`.
  static absl::StatusOr<CheckpointDirectory> Open(const std::string& path);

  const std::string& path() const { return path_; }
  const std::string& pipeline_class() const { return pipeline_class_; }
  const ModelManifest& manifest() const { return manifest_; }

  // The class of a component in model_index.json ("UNet2DConditionModel"); empty: absent.
  std::string ComponentClass(const std::string& component) const;

  // Parses `component/file`, for example ("unet", "config.json").
  absl::StatusOr<nlohmann::json> ReadJson(const std::string& component,
                                          const std::string& file) const;

  // The whole text of `component/file`.
  absl::StatusOr<std::string> ReadText(const std::string& component, const std::string& file) const;

  // The tensors of a component's safetensors file, memory-mapped, in the dtypes of the file.
  absl::StatusOr<StateDict> ReadWeights(const std::string& component) const;

 private:
  CheckpointDirectory() = default;

  std::string path_;
  std::string pipeline_class_;
  std::map<std::string, std::string> component_classes_;
  ModelManifest manifest_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_CHECKPOINT_DIRECTORY_H_
