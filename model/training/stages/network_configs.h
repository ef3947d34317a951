// The config.json of each network that a training recipe asks for.

#ifndef STROBE_MODEL_TRAINING_STAGES_NETWORK_CONFIGS_H_
#define STROBE_MODEL_TRAINING_STAGES_NETWORK_CONFIGS_H_

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"
#include "model/training/data/training_recipe.h"

namespace strobe::model {

// diffusers' UNet2DConditionModel: one layer a block, cross attention at all but the largest size.
nlohmann::json UnetConfigJson(const NetworkRecipe& network, int image_size);

// transformers' CLIPTextModel. The last two of `vocab_size` ids are the start and the end token.
nlohmann::json TextConfigJson(const NetworkRecipe& network, int64_t vocab_size);

// diffusers' AutoencoderTiny with an encoder of convolutions alone.
nlohmann::json AutoencoderConfigJson(const NetworkRecipe& network);

// diffusers' DDIMScheduler: 1000 steps, scaled_linear, trailing.
nlohmann::json SchedulerConfigJson(const std::string& prediction_type);

// The same with the noise levels and the prediction type of `teacher`, the scheduler_config.json of
// a model of any sampler: what a student of few steps is sampled with. INVALID_ARGUMENT when the
// teacher's process is not one of betas (flow matching).
absl::StatusOr<nlohmann::json> StudentSchedulerJson(const nlohmann::json& teacher);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_STAGES_NETWORK_CONFIGS_H_
