#include "model/weights/lora_names.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/weights/lora_scaling.h"

namespace strobe::model {
namespace {

// "component module role", or "" for a name that is none of a LoRA's.
std::string Parsed(const std::string& name) {
  const auto target = ParseLoraName(name, 2);
  if (!target.has_value()) return "";
  const char* const roles[] = {"down", "up", "alpha"};
  return absl::StrCat(target->component, " ", target->module, " ",
                      roles[static_cast<int>(target->role)]);
}

TEST(LoraNamesTest, ReadsEverySpellingOfOneModule) {
  constexpr char kModule[] = "unet down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q ";
  const std::string dotted = "down_blocks.1.attentions.0.transformer_blocks.0.attn1";
  const std::pair<std::string, const char*> names[] = {
      {"unet." + dotted + ".to_q.lora_A.weight", "down"},
      {"unet." + dotted + ".to_q.lora_B.weight", "up"},
      {"unet." + dotted + ".to_q.lora.down.weight", "down"},
      {"unet." + dotted + ".processor.to_q_lora.up.weight", "up"},
      {"base_model.model." + dotted + ".to_q.lora_A.weight", "down"},
      {dotted + ".to_q.lora_B.weight", "up"},
      {"lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight",
       "down"},
      {"lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q.alpha", "alpha"},
      {"lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.lora_up.weight", "up"}};
  for (const auto& [name, role] : names) {
    EXPECT_EQ(Parsed(name), absl::StrCat(kModule, role)) << name;
  }
}

TEST(LoraNamesTest, MapsTheBlocksOfTheOriginalSdxlCode) {
  const std::pair<const char*, const char*> modules[] = {
      {"input_blocks_0_0", "conv_in"},
      {"input_blocks_1_0_in_layers_2", "down_blocks_0_resnets_0_conv1"},
      {"input_blocks_3_0_op", "down_blocks_0_downsamplers_0_conv"},
      {"input_blocks_5_0_skip_connection", "down_blocks_1_resnets_1_conv_shortcut"},
      {"input_blocks_8_1_proj_in", "down_blocks_2_attentions_1_proj_in"},
      {"middle_block_0_emb_layers_1", "mid_block_resnets_0_time_emb_proj"},
      {"middle_block_1_proj_out", "mid_block_attentions_0_proj_out"},
      {"middle_block_2_out_layers_3", "mid_block_resnets_1_conv2"},
      {"output_blocks_2_1_proj_in", "up_blocks_0_attentions_2_proj_in"},
      {"output_blocks_2_2_conv", "up_blocks_0_upsamplers_0_conv"},
      {"output_blocks_8_0_in_layers_2", "up_blocks_2_resnets_2_conv1"},
      {"time_embed_0", "time_embedding_linear_1"},
      {"label_emb_0_2", "add_embedding_linear_2"},
      {"out_2", "conv_out"}};
  for (const auto& [original, ours] : modules) {
    EXPECT_EQ(Parsed(absl::StrCat("lora_unet_", original, ".lora_up.weight")),
              absl::StrCat("unet ", ours, " up"));
  }
}

TEST(LoraNamesTest, FindsTheTextEncodersWithAndWithoutTheirPrefix) {
  constexpr char kModule[] = "encoder_layers_3_self_attn_q_proj down";
  EXPECT_EQ(Parsed("text_encoder.text_model.encoder.layers.3.self_attn.q_proj.lora_linear_layer."
                   "down.weight"),
            absl::StrCat("text_encoder ", kModule));
  EXPECT_EQ(Parsed("text_encoder.text_model.encoder.layers.3.self_attn.to_q_lora.down.weight"),
            absl::StrCat("text_encoder ", kModule));
  EXPECT_EQ(Parsed("lora_te_text_model_encoder_layers_3_self_attn_q_proj.lora_down.weight"),
            absl::StrCat("text_encoder ", kModule));
  EXPECT_EQ(Parsed("lora_te2_text_model_encoder_layers_3_self_attn_q_proj.lora_down.weight"),
            absl::StrCat("text_encoder_2 ", kModule));
  EXPECT_EQ(Parsed("text_encoder_2.encoder.layers.3.self_attn.q_proj.lora_A.weight"),
            absl::StrCat("text_encoder_2 ", kModule));
}

TEST(LoraNamesTest, LeavesOtherTensorsAlone) {
  for (const char* name : {"unet.conv_in.weight", "unet.x.dora_scale", "lora_unet_x.hada_w1_a",
                           "unet.x.lora_B.bias", "lora_unet_input_blocks_x_1_proj_in.alpha", ""}) {
    EXPECT_EQ(Parsed(name), "") << name;
  }
}

TEST(LoraScalingTest, ReadsAlphaPatternsAndRslora) {
  const auto scaling = LoraScaling::FromJson(nlohmann::json::parse(
      R"({"r": 4, "lora_alpha": 8, "alpha_pattern": {"^mid_block.attn1.to_q": 2, "to_k": 1}})"));
  ASSERT_TRUE(scaling.ok()) << scaling.status();
  EXPECT_EQ(scaling->ScaleOf("conv_in", 4), 2.0);
  EXPECT_EQ(scaling->ScaleOf("mid_block_attn1_to_q", 4), 0.5);
  EXPECT_EQ(scaling->ScaleOf("mid_block_attn2_to_k", 4), 0.25);
  const auto rslora =
      LoraScaling::FromJson(nlohmann::json::parse(R"({"lora_alpha": 8, "use_rslora": true})"));
  EXPECT_EQ(rslora->ScaleOf("conv_in", 4), 4.0);
}

TEST(LoraScalingTest, RefusesDoraAndBrokenMetadata) {
  EXPECT_FALSE(LoraScaling::FromJson(nlohmann::json::parse(R"({"use_dora": true})")).ok());
  EXPECT_FALSE(LoraScaling::FromJson(nlohmann::json::parse(R"({"lora_alpha": "x"})")).ok());
  EXPECT_FALSE(ReadLoraScalings({{"lora_adapter_metadata", "{"}}, "").ok());
  EXPECT_FALSE(ReadLoraScalings({}, "[]").ok());
  EXPECT_TRUE(ReadLoraScalings({{"format", "pt"}}, "")->empty());
}

}  // namespace
}  // namespace strobe::model
