// The options of diffusers' UNet2DConditionModel that strobe can run.

#ifndef STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_CONFIG_H_
#define STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_CONFIG_H_

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/statusor.h"

namespace strobe::model {

// What one resolution of the network looks like, from the largest to the smallest.
struct UNetBlockConfig {
  int64_t channels = 0;
  int64_t layers = 2;           // resnets on the way down; one more on the way up
  int64_t attention_heads = 8;  // diffusers' misnamed `attention_head_dim`
  // Blocks of each Transformer2DModel, one entry a layer on the way down, and on the way up.
  std::vector<int64_t> down_transformer_layers;
  std::vector<int64_t> up_transformer_layers;
  int64_t cross_attention_dim = 1280;
  bool down_attention = false;  // CrossAttnDownBlock2D instead of DownBlock2D
  bool up_attention = false;    // CrossAttnUpBlock2D instead of UpBlock2D, at this resolution
};

// What is at the smallest resolution between the way down and the way up.
enum class UNetMidBlockType {
  kNone,           // null: SDXS
  kResnet,         // UNetMidBlock2D: one resnet, no attention
  kCrossAttention  // UNetMidBlock2DCrossAttn
};

// SDXL's second conditioning (addition_embed_type "text_time"): the pooled prompt beside sinusoids
// of the picture's sizes.
struct TextTimeConfig {
  int64_t time_dim = 256;    // addition_time_embed_dim: sinusoids of each of the six numbers
  int64_t input_dim = 2816;  // projection_class_embeddings_input_dim

  static constexpr int64_t kTimeIds = 6;
  // The six numbers of a picture, in pixels, as diffusers fills original size, crop and target
  // size.
  static std::array<float, kTimeIds> TimeIds(int width, int height) {
    const auto w = static_cast<float>(width);
    const auto h = static_cast<float>(height);
    return {h, w, 0.0f, 0.0f, h, w};
  }
  int64_t text_dim() const { return input_dim - kTimeIds * time_dim; }  // of the pooled prompt
};

// The fields of a `unet/config.json` that change what is computed.
struct UNet2DConditionConfig {
  int64_t in_channels = 4;
  int64_t out_channels = 4;
  int64_t sample_height = 0;  // latent cells at the trained size; 0: the file does not say
  int64_t sample_width = 0;
  bool center_input_sample = false;
  bool flip_sin_to_cos = true;
  double freq_shift = 0.0;
  int64_t time_embedding_dim = 0;           // width of the time embedding, always set by FromJson
  int64_t time_cond_proj_dim = 0;           // LCM's guidance embedding; 0: none
  std::optional<TextTimeConfig> text_time;  // SDXL
  UNetMidBlockType mid_block = UNetMidBlockType::kCrossAttention;
  int64_t conv_in_kernel = 3;
  int64_t conv_out_kernel = 3;
  int64_t norm_num_groups = 32;
  double norm_eps = 1e-5;
  bool use_linear_projection = false;
  std::vector<UNetBlockConfig> blocks;  // never empty after FromJson

  // Width of the text embeddings; every block agrees.
  int64_t cross_attention_dim() const { return blocks.back().cross_attention_dim; }

  // Reads a config.json. Missing keys get diffusers' defaults, unknown keys are ignored.
  // INVALID_ARGUMENT names every option whose value strobe cannot run and every malformed one.
  static absl::StatusOr<UNet2DConditionConfig> FromJson(const nlohmann::json& config);
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_DENOISER_UNET_UNET_2D_CONDITION_CONFIG_H_
