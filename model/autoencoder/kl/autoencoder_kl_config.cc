#include "model/autoencoder/kl/autoencoder_kl_config.h"

#include <algorithm>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

// They have an effect only where both are there.
void ReadLatentStatistics(const nlohmann::json& json, JsonReader& reader,
                          AutoencoderKLConfig& config) {
  if (!json.is_object()) return;
  const auto mean = json.find("latents_mean");
  const auto std = json.find("latents_std");
  const bool has_both =
      mean != json.end() && std != json.end() && !mean->is_null() && !std->is_null();
  if (!has_both) return;
  for (const auto& [values, destination] :
       {std::pair(mean, &config.latents_mean), std::pair(std, &config.latents_std)}) {
    const bool fits = values->is_array() &&
                      values->size() == static_cast<size_t>(config.latent_channels) &&
                      std::all_of(values->begin(), values->end(),
                                  [](const nlohmann::json& v) { return v.is_number(); });
    if (!fits) {
      reader.AddProblem("latents_mean and latents_std must have a number for each latent channel");
      return;
    }
    *destination = values->get<std::vector<double>>();
  }
}

}  // namespace

// force_upcast is only checked here: DecoderDtype acts on it before the weights are read.
absl::StatusOr<AutoencoderKLConfig> AutoencoderKLConfig::FromJson(const nlohmann::json& json,
                                                                  LatentStatistics statistics) {
  JsonReader reader("AutoencoderKL config", json);
  AutoencoderKLConfig config;
  config.latent_channels = reader.GetInt("latent_channels", 4);
  if (statistics == LatentStatistics::kApplied) ReadLatentStatistics(json, reader, config);
  config.block_out_channels = reader.GetInts("block_out_channels", {64});
  config.layers_per_block = reader.GetInt("layers_per_block", 1, {1, 64});
  config.norm_num_groups = reader.GetInt("norm_num_groups", 32);
  config.scaling_factor = reader.GetDouble("scaling_factor", 0.18215);
  config.use_quant_conv = reader.GetBool("use_quant_conv", true);
  config.use_post_quant_conv = reader.GetBool("use_post_quant_conv", true);
  config.mid_block_add_attention = reader.GetBool("mid_block_add_attention", true);
  reader.GetBool("force_upcast", true);
  reader.RequireOneOf("out_channels", {3});
  reader.RequireOneOf("act_fn", {"silu", "swish"});
  reader.RequireOneOf("shift_factor", {nullptr, 0});

  const auto types = reader.GetStrings("up_block_types", {"UpDecoderBlock2D"});
  for (const std::string& type : types) {
    if (type == "UpDecoderBlock2D") continue;
    reader.AddProblem(absl::StrCat("unsupported up_block_types \"", type,
                                   "\" (supported: \"UpDecoderBlock2D\")"));
  }
  if (types.size() != config.block_out_channels.size()) {
    reader.AddProblem(absl::StrCat("block_out_channels and up_block_types have ",
                                   config.block_out_channels.size(), " and ", types.size(),
                                   " entries, expected as many in each"));
  }
  for (const int64_t channels : config.block_out_channels) {
    if (channels % config.norm_num_groups == 0) continue;
    reader.AddProblem(absl::StrCat("block_out_channels has ", channels,
                                   ", not a multiple of norm_num_groups ", config.norm_num_groups));
  }
  if (config.scaling_factor == 0.0) reader.AddProblem("scaling_factor is 0");
  STROBE_RETURN_IF_ERROR(reader.status());
  return config;
}

}  // namespace strobe::model
