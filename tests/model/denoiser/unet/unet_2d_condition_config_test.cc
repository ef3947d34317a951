#include "model/denoiser/unet/unet_2d_condition_config.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace strobe::model {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

std::string ErrorOf(const json& config) {
  const auto parsed = UNet2DConditionConfig::FromJson(config);
  EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(parsed.status().message());
}

TEST(UNet2DConditionConfigTest, DefaultsAnEmptyConfigAsDiffusersDoes) {
  const auto config = UNet2DConditionConfig::FromJson(json::object());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->in_channels, 4);
  EXPECT_EQ(config->sample_height, 0);
  EXPECT_EQ(config->time_embedding_dim, 4 * 320);
  EXPECT_EQ(config->cross_attention_dim(), 1280);
  EXPECT_EQ(config->norm_num_groups, 32);
  EXPECT_FALSE(config->use_linear_projection);
  ASSERT_EQ(config->blocks.size(), 4u);
  EXPECT_EQ(config->blocks[1].channels, 640);
  EXPECT_EQ(config->blocks[1].attention_heads, 8);
  EXPECT_EQ(config->blocks[1].layers, 2);
  EXPECT_TRUE(config->blocks[0].down_attention);
  EXPECT_TRUE(config->blocks[0].up_attention);
  EXPECT_FALSE(config->blocks[3].down_attention);
  EXPECT_FALSE(config->blocks[3].up_attention);
}

TEST(UNet2DConditionConfigTest, ReadsListsFromTheLargestToTheSmallestSize) {
  const auto config = UNet2DConditionConfig::FromJson(json::parse(R"({
    "block_out_channels": [320, 640, 1280, 1280],
    "attention_head_dim": [5, 10, 20, 20],
    "layers_per_block": [1, 2, 3, 4],
    "cross_attention_dim": 1024,
    "use_linear_projection": true,
    "upcast_attention": true,
    "sample_size": [64, 96],
    "time_embedding_dim": 512,
    "a_key_from_the_future": {"any": "thing"}
  })"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->blocks[0].attention_heads, 5);
  EXPECT_EQ(config->blocks[3].attention_heads, 20);
  EXPECT_EQ(config->blocks[2].layers, 3);
  EXPECT_EQ(config->cross_attention_dim(), 1024);
  EXPECT_TRUE(config->use_linear_projection);
  EXPECT_EQ(config->sample_height, 64);
  EXPECT_EQ(config->sample_width, 96);
  EXPECT_EQ(config->time_embedding_dim, 512);
}

TEST(UNet2DConditionConfigTest, NamesEveryUnsupportedOption) {
  const std::string error = ErrorOf(json::parse(R"({
    "addition_embed_type": "image",
    "class_embed_type": "timestep",
    "time_cond_proj_dim": -1,
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
    "act_fn": "mish",
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"]
  })"));
  EXPECT_THAT(error, HasSubstr("'addition_embed_type' is \"image\", which is not supported"));
  EXPECT_THAT(error, HasSubstr("'class_embed_type' is \"timestep\""));
  EXPECT_THAT(error, HasSubstr("'time_cond_proj_dim' must be an integer from 4 to 16384, is -1"));
  EXPECT_THAT(error, HasSubstr("'mid_block_type' is"));
  EXPECT_THAT(error, HasSubstr("'act_fn' is \"mish\""));
  EXPECT_THAT(error, HasSubstr("unsupported down_block_types \"AttnDownBlock2D\""));
}

TEST(UNet2DConditionConfigTest, ReadsTheOptionsOfSdxlLcmAndSdxs) {
  const auto config = UNet2DConditionConfig::FromJson(json::parse(R"({
    "block_out_channels": [320, 640, 1280],
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 2, 10],
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
    "time_cond_proj_dim": 256,
    "mid_block_type": null
  })"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->blocks[2].down_transformer_layers, (std::vector<int64_t>{10, 10}));
  EXPECT_EQ(config->blocks[1].up_transformer_layers, (std::vector<int64_t>{2, 2, 2}));
  EXPECT_EQ(config->text_time->text_dim(), 1280);
  EXPECT_EQ(config->time_cond_proj_dim, 256);
  EXPECT_EQ(config->mid_block, UNetMidBlockType::kNone);
}

TEST(UNet2DConditionConfigTest, ReadsTransformerLayersOfEachLayerAsSsd1bHasThem) {
  const auto config = UNet2DConditionConfig::FromJson(json::parse(R"({
    "transformer_layers_per_block": [[1, 2], [3, 4], 1, 1],
    "reverse_transformer_layers_per_block": [1, 1, [5, 6, 7], [8, 9, 10]],
    "mid_block_type": "UNetMidBlock2D"
  })"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->blocks[1].down_transformer_layers, (std::vector<int64_t>{3, 4}));
  EXPECT_EQ(config->blocks[0].up_transformer_layers, (std::vector<int64_t>{8, 9, 10}));
  EXPECT_EQ(config->blocks[1].up_transformer_layers, (std::vector<int64_t>{5, 6, 7}));
  EXPECT_EQ(config->mid_block, UNetMidBlockType::kResnet);
}

struct BadOption {
  const char* json;
  const char* named;
};

class UNet2DConditionConfigRefusalTest : public ::testing::TestWithParam<BadOption> {};

TEST_P(UNet2DConditionConfigRefusalTest, NamesTheOption) {
  EXPECT_THAT(ErrorOf(json::parse(GetParam().json)), HasSubstr(GetParam().named));
}

INSTANTIATE_TEST_SUITE_P(
    All, UNet2DConditionConfigRefusalTest,
    ::testing::Values(
        BadOption{R"({"only_cross_attention": true})", "only_cross_attention"},
        BadOption{R"({"dual_cross_attention": true})", "dual_cross_attention"},
        BadOption{R"({"num_attention_heads": 8})", "num_attention_heads"},
        BadOption{R"({"num_class_embeds": 10})", "num_class_embeds"},
        BadOption{R"({"encoder_hid_dim_type": "text_proj"})", "encoder_hid_dim_type"},
        BadOption{R"({"resnet_time_scale_shift": "scale_shift"})", "resnet_time_scale_shift"},
        BadOption{R"({"resnet_skip_time_act": true})", "resnet_skip_time_act"},
        BadOption{R"({"resnet_out_scale_factor": 1.4})", "resnet_out_scale_factor"},
        BadOption{R"({"time_embedding_type": "fourier"})", "time_embedding_type"},
        BadOption{R"({"time_embedding_act_fn": "silu"})", "time_embedding_act_fn"},
        BadOption{R"({"timestep_post_act": "silu"})", "timestep_post_act"},
        BadOption{R"({"attention_type": "gated"})", "attention_type"},
        BadOption{R"({"cross_attention_norm": "group_norm"})", "cross_attention_norm"},
        BadOption{R"({"mid_block_only_cross_attention": true})", "mid_block_only_cross_attention"},
        BadOption{R"({"mid_block_scale_factor": 2})", "mid_block_scale_factor"},
        BadOption{R"({"downsample_padding": 0})", "downsample_padding"},
        BadOption{R"({"conv_in_kernel": 2})", "conv_in_kernel"},
        BadOption{R"({"norm_num_groups": null})", "norm_num_groups"},
        BadOption{R"({"norm_num_groups": 48})", "not a multiple of norm_num_groups 48"},
        BadOption{R"({"attention_head_dim": 7})", "not a multiple of attention_head_dim 7"},
        BadOption{R"({"cross_attention_dim": [8, 8, 8, 16]})", "cross_attention_dim"},
        BadOption{R"({"transformer_layers_per_block": [[1, 2], 1, 1, 1]})",
                  "transformer_layers_per_block"},
        BadOption{R"({"transformer_layers_per_block": [1, 1]})", "must have 4 entries"},
        BadOption{R"({"addition_embed_type": "text_time"})", "addition_time_embed_dim is missing"},
        BadOption{R"({"addition_embed_type": "text_time", "addition_time_embed_dim": 256,
                      "projection_class_embeddings_input_dim": 1536})",
                  "leaves nothing for the text"},
        BadOption{R"({"block_out_channels": [32, 64]})", "have 2, 4 and 4 entries"},
        BadOption{R"({"block_out_channels": "wide"})", "is \"wide\""},
        BadOption{R"({"layers_per_block": 1000000000})", "layers_per_block"},
        BadOption{R"({"freq_shift": 160})", "freq_shift"},
        BadOption{R"({"sample_size": -1})", "sample_size"},
        BadOption{"[]", "must be a JSON object"}, BadOption{"null", "must be a JSON object"}));

}  // namespace
}  // namespace strobe::model
