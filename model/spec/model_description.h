// What a loaded model offers to its callers: names, defaults and limits.

#ifndef STROBE_MODEL_SPEC_MODEL_DESCRIPTION_H_
#define STROBE_MODEL_SPEC_MODEL_DESCRIPTION_H_

#include <string>
#include <utility>
#include <vector>

namespace strobe::model {

// Read-only facts about one model, free of any tensor library.
struct ModelDescription {
  std::string name;                      // manifest name, else the directory's
  std::string pipeline_class;            // model_index.json `_class_name`
  std::string dtype = "float32";         // of the networks: "float32", "float16" or "bfloat16"
  std::string decoder;                   // class of the decoder of final images
  std::string weights_fingerprint;       // see WeightsFingerprint
  int default_width = 0;                 // pixels
  int default_height = 0;                // pixels
  int size_multiple = 8;                 // widths and heights are multiples of this
  int min_size = 8;                      // pixels, smallest width or height
  int max_size = 1024;                   // pixels, largest width or height
  std::vector<int> num_inference_steps;  // allowed step counts, ascending
  int default_num_inference_steps = 1;
  float default_guidance_scale = 1.0f;
  bool supports_guidance = false;                 // other scales than the default one and 1
  bool guidance_is_distilled = false;             // the denoiser takes it; no negative prompts
  int max_prompt_tokens = 77;                     // start and end token included
  std::vector<std::pair<int, int>> warmup_sizes;  // width, height: warm before readiness
  bool has_preview_decoder = false;  // partial images have a decoder of their own, a faster one
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_MODEL_DESCRIPTION_H_
