#include "model/pipeline/families/stable_diffusion_family.h"

namespace strobe::model {

StableDiffusionFamily::StableDiffusionFamily()
    : UNetFamily({{"tokenizer", "text_encoder", "CLIPTextModel"}}) {}

nlohmann::json StableDiffusionFamily::IndexExtras() const {
  return {{"requires_safety_checker", false},
          {"safety_checker", nlohmann::json::array({nullptr, nullptr})}};
}

void StableDiffusionFamily::OverrideScheduler(nlohmann::json& config) const {
  config["clip_sample"] = false;
  config["steps_offset"] = 1;
}

}  // namespace strobe::model
