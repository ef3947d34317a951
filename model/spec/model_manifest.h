// `strobe.json`: what a diffusers directory cannot say about how it wants to be served.

#ifndef STROBE_MODEL_SPEC_MODEL_MANIFEST_H_
#define STROBE_MODEL_SPEC_MODEL_MANIFEST_H_

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// The manifest beside `model_index.json`. Every field is optional; a directory without the file is
// served as if it were `{}`.
struct ModelManifest {
  std::string name;                              // empty: the directory's name
  std::vector<int> num_inference_steps;          // empty: 1..8
  int default_num_inference_steps = 0;           // 0: the largest allowed count up to 4
  std::map<int, std::vector<double>> timesteps;  // explicit labels for a step count
  bool noise_correction = false;                 // Imagine Flash, first step only
  std::optional<float> default_guidance_scale;   // absent: 1 (no guidance)
  bool supports_guidance = false;                // real classifier-free guidance is offered
  int default_width = 0;                         // 0: sample_size * the VAE's down-sampling
  int default_height = 0;
  int min_size = 0;                               // 0: half the default size
  int max_size = 0;                               // 0: twice the default size
  std::vector<std::pair<int, int>> warmup_sizes;  // empty: the default size alone
  // Folder in the model's directory that holds an AutoencoderTiny for partial images; empty: they
  // are decoded as final ones are.
  std::string preview_decoder;
};

// Parses the text of `strobe.json`. Unknown keys and values out of range are INVALID_ARGUMENT and
// named, all of them in one message.
absl::StatusOr<ModelManifest> ParseModelManifest(absl::string_view json);

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_MODEL_MANIFEST_H_
