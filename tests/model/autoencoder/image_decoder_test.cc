#include "model/autoencoder/image_decoder.h"

#include <cmath>
#include <limits>
#include <memory>
#include <string>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/model/golden_files.h"

namespace strobe::model {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;

struct LoadedDecoder {
  absl::StatusOr<std::unique_ptr<ImageDecoder>> decoder;
  absl::Status tensors;
};

LoadedDecoder Load(const json& config, StateDict weights,
                   const StateDictLoader::Options& options = {}) {
  StateDictLoader loader("vae", std::move(weights), options);
  auto decoder = CreateImageDecoder(config.value("_class_name", ""), config,
                                    LatentStatistics::kIgnored, loader);
  return {std::move(decoder), loader.Finish()};
}

LoadedDecoder LoadFolder(const std::string& folder) {
  return Load(ReadNetworkConfig(folder, "vae"), ReadNetworkWeights(folder, "vae"));
}

// The error of a config whose options are wrong; no tensor is needed for that.
std::string OptionError(const json& config) {
  const LoadedDecoder loaded = Load(config, {});
  EXPECT_EQ(loaded.decoder.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(loaded.decoder.status().message());
}

class DecoderGoldenTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = GoldenFolder(GetParam());
    golden_ = ReadTensors(folder_ + "/golden.safetensors");
    LoadedDecoder loaded = LoadFolder(folder_);
    ASSERT_TRUE(loaded.decoder.ok()) << loaded.decoder.status();
    ASSERT_TRUE(loaded.tensors.ok()) << loaded.tensors;
    decoder_ = *std::move(loaded.decoder);
  }

  at::NoGradGuard no_grad_;
  std::string folder_;
  StateDict golden_;
  std::unique_ptr<ImageDecoder> decoder_;
};

TEST_P(DecoderGoldenTest, DecodesWhatDiffusersDecodes) {
  EXPECT_LE(RelativeRms(decoder_->Decode(golden_.at("vae.latents")), golden_.at("vae.image")),
            NetworkLimit(GetParam(), "vae"));
}

TEST_P(DecoderGoldenTest, DecodesTheFinalLatentsOfACaseToItsImage) {
  const json cases = ReadJsonFile(folder_ + "/cases.json");
  const int steps = cases["cases"][0]["steps"].get<int>();
  const at::Tensor latents = golden_.at("case0.latents_" + std::to_string(steps - 1));
  EXPECT_LE(RelativeRms(decoder_->Decode(latents)[0], golden_.at("case0.image")),
            NetworkLimit(GetParam(), "vae"));
}

TEST_P(DecoderGoldenTest, RowsDoNotInfluenceEachOther) {
  const at::Tensor latents = golden_.at("vae.latents");
  for (int64_t row = 0; row < latents.size(0); ++row) {
    EXPECT_LE(RelativeRms(decoder_->Decode(latents.narrow(0, row, 1)),
                          golden_.at("vae.image").narrow(0, row, 1)),
              NetworkLimit(GetParam(), "vae"));
  }
}

TEST_P(DecoderGoldenTest, KnowsItsChannelsAndScale) {
  const at::Tensor latents = golden_.at("vae.latents");
  const at::Tensor image = golden_.at("vae.image");
  EXPECT_EQ(decoder_->latent_channels(), latents.size(1));
  EXPECT_EQ(decoder_->scale_factor() * latents.size(2), image.size(2));
  EXPECT_EQ(decoder_->scale_factor() * latents.size(3), image.size(3));
}

TEST_P(DecoderGoldenTest, StaysInRangeForWildLatents) {
  const at::Tensor image = decoder_->Decode(golden_.at("vae.latents").mul(1e4));
  EXPECT_EQ(image.scalar_type(), at::kFloat);
  EXPECT_GE(image.min().item<float>(), 0.0f);
  EXPECT_LE(image.max().item<float>(), 1.0f);
}

TEST_P(DecoderGoldenTest, DecodesUnclampedToTheSamePictureWithinTheRange) {
  const at::Tensor latents = golden_.at("vae.latents");
  const at::Tensor image = decoder_->DecodeUnclamped(latents);
  EXPECT_TRUE(at::equal(image.clamp(0, 1), decoder_->Decode(latents)));
}

INSTANTIATE_TEST_SUITE_P(Goldens, DecoderGoldenTest,
                         ::testing::Values("sd-turbo-like", "sd15-like", "lcm-tiny-like"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(ImageDecoderTest, TheShippedStudentDecodesItsGoldenImage) {
  at::NoGradGuard no_grad;
  LoadedDecoder loaded = LoadFolder(StudentFolder());
  ASSERT_TRUE(loaded.decoder.ok()) << loaded.decoder.status();
  ASSERT_TRUE(loaded.tensors.ok()) << loaded.tensors;
  EXPECT_EQ((*loaded.decoder)->latent_channels(), 16);
  EXPECT_EQ((*loaded.decoder)->scale_factor(), 8);
  const StateDict golden = ReadTensors(StudentFolder() + "/golden/golden.safetensors");
  const at::Tensor image =
      (*loaded.decoder)->Decode(golden.at("case1.steps3.latents").narrow(0, 2, 1))[0];
  const at::Tensor pixels = image.permute({1, 2, 0}).mul(255).round();
  const at::Tensor difference = pixels.sub(golden.at("case1.steps3.image_uint8")).abs();
  EXPECT_LE(difference.max().item<float>(), 1.0f);
  EXPECT_LE(difference.sum().item<float>(), 0.001 * difference.numel());
}

TEST(ImageDecoderTest, OldAndNewAttentionNamesGiveTheSameImage) {
  at::NoGradGuard no_grad;
  const std::string folder = GoldenFolder("sd15-like");
  StateDict weights = ReadNetworkWeights(folder, "vae");
  const std::string prefix = "decoder.mid_block.attentions.0.";
  ASSERT_TRUE(weights.count(prefix + "query.weight")) << "the golden has the old names";
  for (const auto& [old_name, new_name] :
       {std::pair{"query", "to_q"}, std::pair{"key", "to_k"}, std::pair{"value", "to_v"},
        std::pair{"proj_attn", "to_out.0"}}) {
    for (const char* part : {".weight", ".bias"}) {
      auto node = weights.extract(prefix + old_name + part);
      node.key() = prefix + new_name + part;
      weights.insert(std::move(node));
    }
  }
  LoadedDecoder loaded = Load(ReadNetworkConfig(folder, "vae"), weights);
  ASSERT_TRUE(loaded.tensors.ok()) << loaded.tensors;
  const StateDict golden = ReadTensors(folder + "/golden.safetensors");
  EXPECT_LE(
      RelativeRms((*loaded.decoder)->Decode(golden.at("vae.latents")), golden.at("vae.image")),
      NetworkLimit("sd15-like", "vae"));
}

TEST(ImageDecoderTest, AutoencoderKLWorksWithoutPostQuantConvAndMidAttention) {
  at::NoGradGuard no_grad;
  const std::string folder = GoldenFolder("sd-turbo-like");
  json config = ReadNetworkConfig(folder, "vae");
  config["use_post_quant_conv"] = false;
  config["mid_block_add_attention"] = false;
  StateDict weights;
  for (const auto& [name, tensor] : ReadNetworkWeights(folder, "vae")) {
    const bool dropped =
        name.rfind("post_quant_conv", 0) == 0 || name.rfind("decoder.mid_block.attentions", 0) == 0;
    if (!dropped) weights[name] = tensor;
  }
  LoadedDecoder loaded = Load(config, weights);
  ASSERT_TRUE(loaded.decoder.ok()) << loaded.decoder.status();
  EXPECT_TRUE(loaded.tensors.ok()) << loaded.tensors;
  EXPECT_EQ((*loaded.decoder)->Decode(at::zeros({1, 4, 3, 5})).sizes(),
            (at::IntArrayRef{1, 3, 24, 40}));
}

TEST(ImageDecoderTest, MissingAndUnexpectedTensorsAreNamedTogether) {
  for (const char* name : {"sd-turbo-like", "lcm-tiny-like"}) {
    const std::string folder = GoldenFolder(name);
    StateDict weights = ReadNetworkWeights(folder, "vae");
    const std::string missing = weights.count("decoder.conv_in.weight") ? "decoder.conv_in.weight"
                                                                        : "decoder.layers.0.weight";
    weights.erase(missing);
    weights["decoder.surprise"] = at::zeros({1});
    const LoadedDecoder loaded = Load(ReadNetworkConfig(folder, "vae"), weights);
    const std::string message(loaded.tensors.message());
    EXPECT_THAT(message, HasSubstr(missing));
    EXPECT_THAT(message, HasSubstr("decoder.surprise"));
  }
}

TEST(ImageDecoderTest, ClampingKeepsWhatIsNotFinite) {
  const float infinity = std::numeric_limits<float>::infinity();
  const at::Tensor image = at::tensor({-1.0f, 0.5f, 2.0f, infinity, -infinity, std::nanf("")});
  const at::Tensor clamped = ClampImage(image);
  EXPECT_TRUE(clamped.slice(0, 0, 3).equal(at::tensor({0.0f, 0.5f, 1.0f})));
  for (int i = 3; i < 6; ++i) EXPECT_TRUE(std::isnan(clamped[i].item<float>())) << i;
}

TEST(ImageDecoderTest, AnUnsupportedClassIsNamed) {
  EXPECT_THAT(OptionError({{"_class_name", "AutoencoderDC"}}), HasSubstr("\"AutoencoderDC\""));
}

TEST(ImageDecoderTest, UnsupportedOptionsOfAutoencoderKLAreNamedTogether) {
  const std::string error = OptionError({{"_class_name", "AutoencoderKL"},
                                         {"shift_factor", 0.1},
                                         {"scaling_factor", 0},
                                         {"out_channels", 1},
                                         {"act_fn", "relu"},
                                         {"block_out_channels", {48, 64}},
                                         {"up_block_types", {"AttnUpDecoderBlock2D"}}});
  for (const char* named : {"shift_factor", "scaling_factor", "out_channels", "act_fn",
                            "norm_num_groups", "AttnUpDecoderBlock2D", "2 and 1 entries"}) {
    EXPECT_THAT(error, HasSubstr(named));
  }
}

TEST(ImageDecoderTest, UnsupportedOptionsOfAutoencoderTinyAreNamedTogether) {
  const std::string error = OptionError({{"_class_name", "AutoencoderTiny"},
                                         {"upsample_fn", "bilinear"},
                                         {"upsampling_scaling_factor", 4},
                                         {"act_fn", "gelu"},
                                         {"decoder_block_out_channels", {64, 32}},
                                         {"num_decoder_blocks", {3}}});
  for (const char* named : {"upsample_fn", "upsampling_scaling_factor", "act_fn",
                            "decoder_block_out_channels", "2 and 1 entries"}) {
    EXPECT_THAT(error, HasSubstr(named));
  }
}

}  // namespace
}  // namespace strobe::model
