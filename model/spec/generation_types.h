// The words that the model, the server and the client share about one generation.

#ifndef STROBE_MODEL_SPEC_GENERATION_TYPES_H_
#define STROBE_MODEL_SPEC_GENERATION_TYPES_H_

#include <cstdint>
#include <string>
#include <vector>

namespace strobe::model {

// Everything that determines the pixels of one image: equal specs give equal pictures. Defaults are
// already filled in; validation happened before.
struct GenerationSpec {
  std::string prompt;
  std::string negative_prompt;  // used only when guidance is active
  int width = 0;                // pixels
  int height = 0;               // pixels
  int num_inference_steps = 1;  // denoising steps, a count that the model's step tables know
  double guidance_scale = 1.0;  // classifier-free guidance is active above 1
  uint64_t seed = 0;
};

// A picture: `pixels` holds height * width * 3 bytes, RGB, rows from the top.
struct RgbImage {
  int width = 0;   // pixels
  int height = 0;  // pixels
  std::vector<uint8_t> pixels;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SPEC_GENERATION_TYPES_H_
