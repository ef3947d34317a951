#include "model/training/stages/network_configs.h"

#include <algorithm>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/sampling/schedulers/scheduler_list.h"

namespace strobe::model {
namespace {

constexpr char kDiffusersVersion[] = "0.42.1";
constexpr int kLatentCell = 8;  // pixels

}  // namespace

nlohmann::json UnetConfigJson(const NetworkRecipe& network, int image_size) {
  std::vector<std::string> down(network.unet_channels.size(), "CrossAttnDownBlock2D");
  std::vector<std::string> up(network.unet_channels.size(), "CrossAttnUpBlock2D");
  down.front() = "DownBlock2D";
  up.back() = "UpBlock2D";
  return {{"_class_name", "UNet2DConditionModel"},
          {"_diffusers_version", kDiffusersVersion},
          {"act_fn", "silu"},
          {"attention_head_dim", network.unet_heads},
          {"block_out_channels", network.unet_channels},
          {"cross_attention_dim", network.text_width},
          {"down_block_types", down},
          {"up_block_types", up},
          {"mid_block_type", "UNetMidBlock2DCrossAttn"},
          {"in_channels", network.latent_channels},
          {"out_channels", network.latent_channels},
          {"layers_per_block", 1},
          {"norm_num_groups", network.unet_norm_groups},
          {"sample_size", image_size / kLatentCell},
          {"use_linear_projection", true}};
}

nlohmann::json TextConfigJson(const NetworkRecipe& network, int64_t vocab_size) {
  return {{"architectures", {"CLIPTextModel"}},
          {"model_type", "clip_text_model"},
          {"attention_dropout", 0.0},
          {"bos_token_id", vocab_size - 2},
          {"eos_token_id", vocab_size - 1},
          {"pad_token_id", vocab_size - 1},
          {"dtype", "float32"},
          {"torch_dtype", "float32"},
          {"hidden_act", "quick_gelu"},
          {"hidden_size", network.text_width},
          {"intermediate_size", 4 * network.text_width},
          {"layer_norm_eps", 1e-5},
          {"max_position_embeddings", network.text_positions},
          {"num_attention_heads", network.text_heads},
          {"num_hidden_layers", network.text_layers},
          {"projection_dim", network.text_width},
          {"vocab_size", vocab_size}};
}

nlohmann::json AutoencoderConfigJson(const NetworkRecipe& network) {
  const std::vector<int> widths(network.decoder_blocks.size(), network.autoencoder_width);
  const std::vector<int> no_blocks(network.decoder_blocks.size(), 0);
  return {{"_class_name", "AutoencoderTiny"},
          {"_diffusers_version", kDiffusersVersion},
          {"act_fn", "relu"},
          {"block_out_channels", widths},
          {"encoder_block_out_channels", widths},
          {"decoder_block_out_channels", widths},
          {"num_encoder_blocks", no_blocks},
          {"num_decoder_blocks", network.decoder_blocks},
          {"force_upcast", false},
          {"in_channels", 3},
          {"out_channels", 3},
          {"latent_channels", network.latent_channels},
          {"latent_magnitude", 3},
          {"latent_shift", 0.5},
          {"scaling_factor", 1.0},
          {"shift_factor", 0.0},
          {"upsample_fn", "nearest"},
          {"upsampling_scaling_factor", 2}};
}

nlohmann::json SchedulerConfigJson(const std::string& prediction_type) {
  return {{"_class_name", "DDIMScheduler"},
          {"_diffusers_version", kDiffusersVersion},
          {"beta_start", 0.00085},
          {"beta_end", 0.012},
          {"beta_schedule", "scaled_linear"},
          {"num_train_timesteps", 1000},
          {"clip_sample", false},
          {"clip_sample_range", 1.0},
          {"prediction_type", prediction_type},
          {"rescale_betas_zero_snr", false},
          {"set_alpha_to_one", true},
          {"steps_offset", 1},
          {"thresholding", false},
          {"dynamic_thresholding_ratio", 0.995},
          {"sample_max_value", 1.0},
          {"timestep_spacing", "trailing"},
          {"trained_betas", nullptr}};
}

absl::StatusOr<nlohmann::json> StudentSchedulerJson(const nlohmann::json& teacher) {
  const std::string class_name = teacher.value("_class_name", "");
  // A teacher may have a scheduler that strobe itself cannot sample with.
  const auto known = ReadSchedulerConfig(nlohmann::json::object(), class_name);
  const bool is_flow = known.ok() ? (*known)->is_flow() : absl::StartsWith(class_name, "Flow");
  if (is_flow) {
    return absl::InvalidArgumentError(
        absl::StrCat("scheduler: a ", class_name, " has no betas to train a student with"));
  }
  nlohmann::json student = SchedulerConfigJson("epsilon");
  // diffusers' defaults, where the teacher's file leaves them out.
  const NoiseScheduleConfig defaults = known.ok() ? (*known)->noise() : NoiseScheduleConfig();
  student.update({{"beta_start", defaults.beta_start},
                  {"beta_end", defaults.beta_end},
                  {"beta_schedule", defaults.beta_schedule}});
  for (const char* key : {"num_train_timesteps", "beta_start", "beta_end", "beta_schedule",
                          "trained_betas", "rescale_betas_zero_snr", "prediction_type"}) {
    if (teacher.contains(key)) student[key] = teacher[key];
  }
  return student;
}

}  // namespace strobe::model
