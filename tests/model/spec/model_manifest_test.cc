#include "model/spec/model_manifest.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string ErrorOf(absl::string_view json) {
  return std::string(ParseModelManifest(json).status().message());
}

TEST(ModelManifestTest, ReadsWhatAModelIsMadeOf) {
  const auto manifest = ParseModelManifest(R"({
    "base": "../sdxl", "unet": "lightning.safetensors", "variant": "fp16", "eta": 0.3,
    "lora": ["lcm.safetensors", {"path": "style", "scale": -0.5}],
    "scheduler": {"_class_name": "TCDScheduler", "steps_offset": 0}})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->base, "../sdxl");
  EXPECT_EQ(manifest->unet, "lightning.safetensors");
  EXPECT_EQ(manifest->variant, "fp16");
  EXPECT_EQ(manifest->eta, 0.3);
  ASSERT_EQ(manifest->lora.size(), 2u);
  EXPECT_EQ(manifest->lora[0].path, "lcm.safetensors");
  EXPECT_EQ(manifest->lora[0].scale, 1.0);
  EXPECT_EQ(manifest->lora[1].path, "style");
  EXPECT_EQ(manifest->lora[1].scale, -0.5);
  EXPECT_THAT(manifest->scheduler, HasSubstr("TCDScheduler"));
  EXPECT_EQ(ParseModelManifest(R"({"lora": "one"})")->lora[0].path, "one");
}

TEST(ModelManifestTest, AnEmptyObjectLeavesEveryDefault) {
  const auto manifest = ParseModelManifest("{}");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->name, "");
  EXPECT_THAT(manifest->num_inference_steps, IsEmpty());
  EXPECT_EQ(manifest->default_num_inference_steps, 0);
  EXPECT_FALSE(manifest->noise_correction);
  EXPECT_FALSE(manifest->default_guidance_scale.has_value());
}

TEST(ModelManifestTest, EveryFieldIsRead) {
  const auto manifest = ParseModelManifest(R"({
    "name": "shapes", "num_inference_steps": [3, 1, 2], "default_num_inference_steps": 2,
    "timesteps": {"2": [999, 399.5]}, "noise_correction": true, "default_guidance_scale": 1.5,
    "supports_guidance": true, "default_width": 64, "default_height": 96, "min_size": 32,
    "max_size": 128, "warmup_sizes": [[64, 96], [32, 32]], "preview_decoder": "tiny"})");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->name, "shapes");
  EXPECT_THAT(manifest->num_inference_steps, ElementsAre(1, 2, 3));
  EXPECT_EQ(manifest->default_num_inference_steps, 2);
  EXPECT_THAT(manifest->timesteps, ElementsAre(Pair(2, ElementsAre(999.0, 399.5))));
  EXPECT_TRUE(manifest->noise_correction);
  EXPECT_EQ(manifest->default_guidance_scale, 1.5f);
  EXPECT_TRUE(manifest->supports_guidance);
  EXPECT_EQ(manifest->default_width, 64);
  EXPECT_EQ(manifest->default_height, 96);
  EXPECT_EQ(manifest->min_size, 32);
  EXPECT_EQ(manifest->max_size, 128);
  EXPECT_EQ(manifest->preview_decoder, "tiny");
  EXPECT_THAT(manifest->warmup_sizes, ElementsAre(Pair(64, 96), Pair(32, 32)));
}

TEST(ModelManifestTest, EveryProblemIsNamedInOneError) {
  EXPECT_THAT(
      ErrorOf(R"({"nmae": "x", "noise_correction": 1, "default_width": 0, "max_size": "big"})"),
      AllOf(HasSubstr("'nmae' is not a known key"), HasSubstr("'noise_correction' must be true"),
            HasSubstr("'default_width' must be an integer from 1"),
            HasSubstr("'max_size' must be an integer from 1")));
}

TEST(ModelManifestTest, BadValuesAreRefusedByName) {
  const struct {
    const char* json;
    const char* error;
  } cases[] = {
      {"", "not valid JSON"},
      {"{\"name\": \"x\"", "not valid JSON"},
      {"[]", "must be a JSON object"},
      {R"({"name": ""})", "'name' must be a string"},
      {R"({"num_inference_steps": []})", "'num_inference_steps' must be a list"},
      {R"({"num_inference_steps": [1, 0]})", "'num_inference_steps' must be a list"},
      {R"({"num_inference_steps": [1, 2.5]})", "'num_inference_steps' must be a list"},
      {R"({"num_inference_steps": [1, 1]})", "names a count twice"},
      {R"({"default_num_inference_steps": 99999999999999999999})", "must be an integer"},
      {R"({"default_num_inference_steps": -1})", "must be an integer from 1 to 1000"},
      {R"({"num_inference_steps": [1], "default_num_inference_steps": 2})",
       "'default_num_inference_steps' is not in 'num_inference_steps'"},
      {R"({"timesteps": [999]})", "'timesteps' must map"},
      {R"({"timesteps": {"two": [999, 499]}})", "'timesteps.two' must be named by a step count"},
      {R"({"timesteps": {"2": [999]}})", "'timesteps.2' must hold 2 descending numbers"},
      {R"({"timesteps": {"2": [499, 999]}})", "'timesteps.2' must hold 2 descending numbers"},
      {R"({"timesteps": {"1": [-1]}})", "'timesteps.1' must hold 1 descending numbers"},
      {R"({"num_inference_steps": [1], "timesteps": {"2": [9, 4]}})",
       "'timesteps.2' is not in 'num_inference_steps'"},
      {R"({"base": ""})", "'base' must be a string that is not empty"},
      {R"({"unet": 3})", "'unet' must be a string"},
      {R"({"dtype": "int8"})", "'dtype' must be float32"},
      {R"({"eta": 1.5})", "'eta' must be a number from 0 to 1"},
      {R"({"scheduler": "LCM"})", "'scheduler' must be an object"},
      {R"({"lora": [{"scale": 1}]})", "'lora[0]' must be a file"},
      {R"({"lora": {"path": "a", "scale": "big"}})", "'lora.scale' must be a number"},
      {R"({"lora": {"path": "a", "weight": 1}})", "'lora.weight' is not a known key"},
      {R"({"default_guidance_scale": -1})", "'default_guidance_scale' must be a number"},
      {R"({"default_guidance_scale": "7"})", "'default_guidance_scale' must be a number"},
      {R"({"min_size": 64, "max_size": 32})", "'min_size' is larger than 'max_size'"},
      {R"({"warmup_sizes": [64, 64]})", "'warmup_sizes' must be a list of [width, height]"},
      {R"({"preview_decoder": 1})", "'preview_decoder' must name a folder"},
      {R"({"preview_decoder": "../other"})", "'preview_decoder' must name a folder"},
      {R"({"warmup_sizes": [[64]]})", "'warmup_sizes' must be a list of [width, height]"},
  };
  for (const auto& c : cases) {
    const auto manifest = ParseModelManifest(c.json);
    EXPECT_EQ(manifest.status().code(), absl::StatusCode::kInvalidArgument) << c.json;
    EXPECT_THAT(ErrorOf(c.json), AllOf(HasSubstr("strobe.json"), HasSubstr(c.error))) << c.json;
  }
}

}  // namespace
}  // namespace strobe::model
