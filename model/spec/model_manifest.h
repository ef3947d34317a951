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

// A LoRA file that is added to the weights when the model is loaded.
struct LoraReference {
  std::string path;    // as written; relative to the manifest's folder
  double scale = 1.0;  // strength, beside the file's own alpha / rank
};

// The manifest beside `model_index.json`. Every field is optional; a directory without the file is
// served as if it were `{}`.
struct ModelManifest {
  std::string name;                              // empty: the directory's name
  std::string base;                              // directory of what this one lacks; empty: none
  std::string variant;                           // weight files to prefer, "fp16"; empty: plain
  std::string dtype;                             // of the networks; empty: as the caller says
  std::string unet;                              // file or folder of weights in the UNet's place
  std::vector<LoraReference> lora;               // fused in this order
  std::string scheduler;                         // JSON object merged over scheduler_config.json
  std::vector<int> num_inference_steps;          // empty: 1..8
  int default_num_inference_steps = 0;           // 0: the largest allowed count up to 4
  std::map<int, std::vector<double>> timesteps;  // explicit labels for a step count
  bool noise_correction = false;                 // Imagine Flash, first step only
  double eta = 0.0;                              // DDIM's and TCD's share of fresh noise, 0..1
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
