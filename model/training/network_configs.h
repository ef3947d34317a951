// The config.json of each network that a training recipe asks for.

#ifndef STROBE_MODEL_TRAINING_NETWORK_CONFIGS_H_
#define STROBE_MODEL_TRAINING_NETWORK_CONFIGS_H_

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "model/training/training_recipe.h"

namespace strobe::model {

// diffusers' UNet2DConditionModel: one layer a block, cross attention at all but the largest size.
nlohmann::json UnetConfigJson(const NetworkRecipe& network, int image_size);

// transformers' CLIPTextModel. The last two of `vocab_size` ids are the start and the end token.
nlohmann::json TextConfigJson(const NetworkRecipe& network, int64_t vocab_size);

// diffusers' AutoencoderTiny with an encoder of convolutions alone.
nlohmann::json AutoencoderConfigJson(const NetworkRecipe& network);

// diffusers' DDIMScheduler: 1000 steps, scaled_linear, trailing.
nlohmann::json SchedulerConfigJson(const std::string& prediction_type);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORK_CONFIGS_H_
