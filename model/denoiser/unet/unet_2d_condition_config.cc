#include "model/denoiser/unet/unet_2d_condition_config.h"

#include <string>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

using Strings = std::vector<std::string>;

// Options that change what is computed and that strobe knows in one form alone. upcast_attention
// and dropout are not here: diffusers' fused attention ignores the first, inference the second.
void CheckFixedOptions(JsonReader& reader) {
  reader.RequireOneOf("mid_block_scale_factor", {1});
  reader.RequireOneOf("downsample_padding", {1});
  reader.RequireOneOf("act_fn", {"silu", "swish"});
  reader.RequireOneOf("resnet_time_scale_shift", {"default"});
  reader.RequireOneOf("resnet_out_scale_factor", {1});
  reader.RequireOneOf("time_embedding_type", {"positional"});
  reader.RequireOneOf("attention_type", {"default"});
  for (const char* key : {"only_cross_attention", "dual_cross_attention", "resnet_skip_time_act",
                          "class_embeddings_concat"}) {
    reader.RequireOneOf(key, {false});
  }
  reader.RequireOneOf("mid_block_only_cross_attention", {nullptr, false});
  for (const char* key :
       {"encoder_hid_dim", "encoder_hid_dim_type", "num_attention_heads", "class_embed_type",
        "num_class_embeds", "time_embedding_act_fn", "timestep_post_act", "cross_attention_norm"}) {
    reader.RequireOneOf(key, {nullptr});
  }
}

// Whether each block has attention. `with` and `without` are the two class names of a direction.
std::vector<bool> ReadBlockTypes(JsonReader& reader, const std::string& key,
                                 const Strings& default_value, const std::string& with,
                                 const std::string& without) {
  std::vector<bool> attention;
  for (const std::string& type : reader.GetStrings(key, default_value)) {
    if (type != with && type != without) {
      reader.AddProblem(absl::StrCat("unsupported ", key, " \"", type, "\" (supported: \"", with,
                                     "\" or \"", without, "\")"));
    }
    attention.push_back(type == with);
  }
  return attention;
}

// sample_size is null, one number, or [height, width].
void ReadSampleSize(JsonReader& reader, const nlohmann::json& json, UNet2DConditionConfig& config) {
  if (!json.is_object() || !json.contains("sample_size") || json["sample_size"].is_null()) return;
  const std::vector<int64_t> size = reader.GetIntForEach("sample_size", 2, 0, {1, 1 << 14});
  config.sample_height = size[0];
  config.sample_width = size[1];
}

// True when the key is there and not null.
bool IsSet(const nlohmann::json& json, const char* key) {
  return json.is_object() && json.contains(key) && !json[key].is_null();
}

void ReadMidBlock(JsonReader& reader, const nlohmann::json& json, UNet2DConditionConfig& config) {
  reader.RequireOneOf("mid_block_type", {"UNetMidBlock2DCrossAttn", "UNetMidBlock2D", nullptr});
  if (!json.is_object() || !json.contains("mid_block_type")) return;
  const nlohmann::json& type = json["mid_block_type"];
  if (type.is_null()) config.mid_block = UNetMidBlockType::kNone;
  if (type == "UNetMidBlock2D") config.mid_block = UNetMidBlockType::kResnet;
}

void ReadAddedConditions(JsonReader& reader, const nlohmann::json& json,
                         UNet2DConditionConfig& config) {
  if (IsSet(json, "time_cond_proj_dim")) {
    config.time_cond_proj_dim = reader.GetInt("time_cond_proj_dim", 0, {4, 1 << 14});
  }
  reader.RequireOneOf("addition_embed_type", {nullptr, "text_time"});
  if (!IsSet(json, "addition_embed_type")) return;
  TextTimeConfig text_time;
  // diffusers has no defaults here.
  for (const char* key : {"addition_time_embed_dim", "projection_class_embeddings_input_dim"}) {
    if (!IsSet(json, key)) reader.AddProblem(absl::StrCat(key, " is missing"));
  }
  text_time.time_dim = reader.GetInt("addition_time_embed_dim", text_time.time_dim, {4, 1 << 14});
  text_time.input_dim = reader.GetInt("projection_class_embeddings_input_dim", text_time.input_dim);
  if (text_time.time_dim % 2 != 0) reader.AddProblem("addition_time_embed_dim is odd");
  if (text_time.text_dim() < 1) {
    reader.AddProblem(absl::StrCat("projection_class_embeddings_input_dim ", text_time.input_dim,
                                   " leaves nothing for the text beside ", TextTimeConfig::kTimeIds,
                                   " times addition_time_embed_dim ", text_time.time_dim));
  }
  config.text_time = text_time;
}

// Blocks of the transformers of one level: one number, or a list with one for each layer.
std::vector<int64_t> LayersOf(JsonReader& reader, const std::string& key,
                              const nlohmann::json& value, size_t layers) {
  const nlohmann::json one_level = {{key, value}};
  JsonReader level("", one_level);
  const std::vector<int64_t> counts = level.GetIntForEach(key, layers, 1, {0, 64});
  if (!level.ok()) reader.AddProblem(absl::StrCat(key, " has an entry ", value.dump()));
  return counts;
}

// transformer_layers_per_block: a number, a list by level, or (SSD-1B) lists by layer in it; the
// way up mirrors it unless reverse_transformer_layers_per_block lists it from the smallest level.
void ReadTransformerLayers(JsonReader& reader, const nlohmann::json& json,
                           UNet2DConditionConfig& config) {
  constexpr char kDown[] = "transformer_layers_per_block";
  constexpr char kUp[] = "reverse_transformer_layers_per_block";
  const size_t levels = config.blocks.size();
  const auto entry = [&](const char* key, size_t index) -> nlohmann::json {
    if (!IsSet(json, key)) return 1;
    if (!json[key].is_array()) return json[key];
    if (json[key].size() == levels) return json[key][index];
    if (index == 0) reader.AddProblem(absl::StrCat(key, " must have ", levels, " entries"));
    return 1;
  };
  for (size_t i = 0; i < levels; ++i) {
    UNetBlockConfig& block = config.blocks[i];
    const nlohmann::json down = entry(kDown, i);
    block.down_transformer_layers = LayersOf(reader, kDown, down, block.layers);
    const bool reversed = IsSet(json, kUp);
    if (!reversed && down.is_array()) {
      reader.AddProblem(absl::StrCat(kDown, " with lists by layer needs ", kUp));
      continue;
    }
    block.up_transformer_layers =
        LayersOf(reader, reversed ? kUp : kDown, reversed ? entry(kUp, levels - 1 - i) : down,
                 block.layers + 1);
  }
}

void CheckBlock(JsonReader& reader, const UNet2DConditionConfig& config, size_t index) {
  const UNetBlockConfig& block = config.blocks[index];
  if (block.channels % config.norm_num_groups != 0) {
    reader.AddProblem(absl::StrCat("block_out_channels[", index, "] is ", block.channels,
                                   ", not a multiple of norm_num_groups ", config.norm_num_groups));
  }
  const bool is_mid =
      index + 1 == config.blocks.size() && config.mid_block == UNetMidBlockType::kCrossAttention;
  const bool attends = block.down_attention || block.up_attention || is_mid;
  if (attends && block.channels % block.attention_heads != 0) {
    reader.AddProblem(absl::StrCat("block_out_channels[", index, "] is ", block.channels,
                                   ", not a multiple of attention_head_dim ",
                                   block.attention_heads));
  }
  if (block.cross_attention_dim != config.cross_attention_dim()) {
    reader.AddProblem("unsupported cross_attention_dim that differs between blocks");
  }
}

void ReadBlocks(JsonReader& reader, const nlohmann::json& json, UNet2DConditionConfig& config) {
  const std::vector<int64_t> channels =
      reader.GetInts("block_out_channels", {320, 640, 1280, 1280});
  const std::vector<bool> down = ReadBlockTypes(
      reader, "down_block_types",
      {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"},
      "CrossAttnDownBlock2D", "DownBlock2D");
  const std::vector<bool> up = ReadBlockTypes(
      reader, "up_block_types",
      {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"},
      "CrossAttnUpBlock2D", "UpBlock2D");
  const size_t count = channels.size();
  if (down.size() != count || up.size() != count) {
    reader.AddProblem(absl::StrCat("block_out_channels, down_block_types and up_block_types have ",
                                   count, ", ", down.size(), " and ", up.size(),
                                   " entries, expected as many in each"));
    return;
  }
  const auto layers = reader.GetIntForEach("layers_per_block", count, 2, {1, 64});
  const auto heads = reader.GetIntForEach("attention_head_dim", count, 8);
  const auto cross_dims = reader.GetIntForEach("cross_attention_dim", count, 1280);
  for (size_t i = 0; i < count; ++i) {
    config.blocks.push_back(
        {channels[i], layers[i], heads[i], {}, {}, cross_dims[i], down[i], up[count - 1 - i]});
  }
  ReadTransformerLayers(reader, json, config);
  for (size_t i = 0; i < count; ++i) CheckBlock(reader, config, i);
}

int64_t ReadOddKernel(JsonReader& reader, const std::string& key) {
  const int64_t kernel = reader.GetInt(key, 3, {1, 31});
  if (kernel % 2 == 0) {
    reader.AddProblem(absl::StrCat("unsupported ", key, " ", kernel, " (supported: odd)"));
  }
  return kernel;
}

}  // namespace

absl::StatusOr<UNet2DConditionConfig> UNet2DConditionConfig::FromJson(
    const nlohmann::json& config) {
  JsonReader reader("UNet2DConditionModel config", config);
  UNet2DConditionConfig result;
  CheckFixedOptions(reader);
  ReadSampleSize(reader, config, result);
  result.in_channels = reader.GetInt("in_channels", 4);
  result.out_channels = reader.GetInt("out_channels", 4);
  result.center_input_sample = reader.GetBool("center_input_sample", false);
  result.flip_sin_to_cos = reader.GetBool("flip_sin_to_cos", true);
  result.freq_shift = reader.GetDouble("freq_shift", 0.0);
  result.conv_in_kernel = ReadOddKernel(reader, "conv_in_kernel");
  result.conv_out_kernel = ReadOddKernel(reader, "conv_out_kernel");
  result.norm_num_groups = reader.GetInt("norm_num_groups", 32);
  result.norm_eps = reader.GetDouble("norm_eps", 1e-5);
  result.use_linear_projection = reader.GetBool("use_linear_projection", false);
  ReadMidBlock(reader, config, result);
  ReadAddedConditions(reader, config, result);
  ReadBlocks(reader, config, result);
  STROBE_RETURN_IF_ERROR(reader.status());

  const int64_t width = result.blocks.front().channels;
  result.time_embedding_dim =
      IsSet(config, "time_embedding_dim") ? reader.GetInt("time_embedding_dim", 0) : 4 * width;
  if (width % 2 != 0 || 2 * result.freq_shift == static_cast<double>(width)) {
    reader.AddProblem(absl::StrCat("no sinusoids from block_out_channels[0] ", width,
                                   " and freq_shift ", result.freq_shift));
  }
  STROBE_RETURN_IF_ERROR(reader.status());
  return result;
}

}  // namespace strobe::model
