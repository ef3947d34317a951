#include "model/weights/lora_names.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace strobe::model {
namespace {

// What follows a module's name, longest first where one ends with another.
constexpr std::pair<const char*, LoraRole> kSuffixes[] = {
    {".lora_linear_layer.down.weight", LoraRole::kDown},
    {".lora_linear_layer.up.weight", LoraRole::kUp},
    {".lora_A.weight", LoraRole::kDown},
    {".lora_B.weight", LoraRole::kUp},
    {".lora.down.weight", LoraRole::kDown},
    {".lora.up.weight", LoraRole::kUp},
    {"_lora.down.weight", LoraRole::kDown},  // to_q_lora: an attention processor's
    {"_lora.up.weight", LoraRole::kUp},
    {".lora_down.weight", LoraRole::kDown},
    {".lora_up.weight", LoraRole::kUp},
    {".alpha", LoraRole::kAlpha},
};

constexpr std::pair<const char*, const char*> kComponents[] = {
    {"unet.", "unet"},
    {"text_encoder.", "text_encoder"},
    {"text_encoder_2.", "text_encoder_2"},
    {"base_model.model.", "unet"},
    {"lora_unet_", "unet"},
    {"lora_te_", "text_encoder"},
    {"lora_te1_", "text_encoder"},
    {"lora_te2_", "text_encoder_2"},
};

// The parts of a residual block in the original code.
std::string ResnetPart(const std::string& rest) {
  return absl::StrReplaceAll(rest, {{"in_layers_2", "conv1"},
                                    {"out_layers_3", "conv2"},
                                    {"emb_layers_1", "time_emb_proj"},
                                    {"skip_connection", "conv_shortcut"}});
}

// Modules outside the blocks.
std::optional<std::string> OuterModule(const std::string& module) {
  static constexpr std::pair<const char*, const char*> kModules[] = {
      {"input_blocks_0_0", "conv_in"},
      {"out_2", "conv_out"},
      {"time_embed_0", "time_embedding_linear_1"},
      {"time_embed_2", "time_embedding_linear_2"},
      {"label_emb_0_0", "add_embedding_linear_1"},
      {"label_emb_0_2", "add_embedding_linear_2"},
  };
  for (const auto& [original, ours] : kModules) {
    if (module == original) return ours;
  }
  return std::nullopt;
}

// input_blocks_<i>_<j>_<rest> and output_blocks_<i>_<j>_<rest>: the i-th block counts the layers of
// all levels; j is 0 for the resnet (or the down-sampling), 1 for the attention, then up-sampling.
std::optional<std::string> OuterBlock(const std::string& module, int64_t layers_per_block) {
  const std::vector<std::string> parts = absl::StrSplit(module, '_');
  int64_t block = 0;
  int64_t inner = 0;
  if (parts.size() < 5 || !absl::SimpleAtoi(parts[2], &block) || block < 0 ||
      !absl::SimpleAtoi(parts[3], &inner)) {
    return std::nullopt;
  }
  const bool is_input = parts[0] == "input";
  if (is_input) --block;
  const int64_t level = block / (layers_per_block + 1);
  const int64_t layer = block % (layers_per_block + 1);
  const std::string rest = absl::StrJoin(parts.begin() + 4, parts.end(), "_");
  const std::string prefix = absl::StrCat(is_input ? "down" : "up", "_blocks_", level, "_");
  if (is_input && rest == "op") return absl::StrCat(prefix, "downsamplers_0_conv");
  if (rest == "conv") return absl::StrCat(prefix, "upsamplers_0_conv");
  if (inner == 0) return absl::StrCat(prefix, "resnets_", layer, "_", ResnetPart(rest));
  return absl::StrCat(prefix, "attentions_", layer, "_", rest);
}

std::optional<std::string> MiddleBlock(const std::string& module) {
  static constexpr std::pair<const char*, const char*> kBlocks[] = {
      {"middle_block_0_", "mid_block_resnets_0_"},
      {"middle_block_1_", "mid_block_attentions_0_"},
      {"middle_block_2_", "mid_block_resnets_1_"},
  };
  for (const auto& [original, ours] : kBlocks) {
    absl::string_view rest = module;
    if (absl::ConsumePrefix(&rest, original)) return ours + ResnetPart(std::string(rest));
  }
  return std::nullopt;
}

// From the block names of the original SDXL code to diffusers'; other names stay.
std::optional<std::string> FromOriginalBlocks(const std::string& module, int64_t layers_per_block) {
  if (const auto outer = OuterModule(module); outer.has_value()) return outer;
  if (absl::StartsWith(module, "input_blocks_") || absl::StartsWith(module, "output_blocks_")) {
    return OuterBlock(module, layers_per_block);
  }
  if (absl::StartsWith(module, "middle_block_")) return MiddleBlock(module);
  return module;
}

// Attention processors of old files: the text encoder's projections had the UNet's names, and
// to_out stands for to_out.0.
std::string CurrentProjection(const std::string& component, const std::string& module) {
  static constexpr std::pair<const char*, const char*> kText[] = {
      {"_to_q", "_q_proj"}, {"_to_k", "_k_proj"}, {"_to_v", "_v_proj"}, {"_to_out", "_out_proj"}};
  if (component == "unet") {
    return absl::EndsWith(module, "_to_out") ? absl::StrCat(module, "_0") : module;
  }
  for (const auto& [old, current] : kText) {
    absl::string_view stem = module;
    if (absl::ConsumeSuffix(&stem, old)) return absl::StrCat(stem, current);
  }
  return module;
}

}  // namespace

std::string LoraModuleName(absl::string_view dotted) {
  std::string name = absl::StrReplaceAll(dotted, {{".processor", ""}, {".", "_"}});
  return std::string(absl::StripPrefix(name, "text_model_"));
}

std::optional<LoraTarget> ParseLoraName(const std::string& name, int64_t layers_per_block) {
  LoraTarget target;
  absl::string_view rest = name;
  bool known = false;
  for (const auto& [suffix, role] : kSuffixes) {
    if (!absl::ConsumeSuffix(&rest, suffix)) continue;
    target.role = role;
    known = true;
    break;
  }
  if (!known) return std::nullopt;
  target.component = "unet";
  for (const auto& [prefix, component] : kComponents) {
    if (!absl::ConsumePrefix(&rest, prefix)) continue;
    target.component = component;
    break;
  }
  std::string module = LoraModuleName(rest);
  if (target.component == "unet") {
    const std::optional<std::string> current = FromOriginalBlocks(module, layers_per_block);
    if (!current.has_value()) return std::nullopt;
    module = *current;
  }
  target.module = CurrentProjection(target.component, module);
  return target;
}

}  // namespace strobe::model
