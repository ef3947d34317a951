// Encoders against what diffusers 0.42.1 computes with the same weights.

#include "model/autoencoder/image_encoder.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/autoencoder/image_autoencoder.h"
#include "tests/model/golden_files.h"

namespace strobe::model {
namespace {

using ::nlohmann::json;

// 0.5 + 0.5 sin(0.3 x + 0.7 y + channel), 16 high and 32 wide.
at::Tensor Waves() {
  const at::Tensor x = at::arange(32, at::kFloat).view({1, 1, 1, 32});
  const at::Tensor y = at::arange(16, at::kFloat).view({1, 1, 16, 1});
  const at::Tensor channel = at::arange(3, at::kFloat).view({1, 3, 1, 1});
  return 0.5 + 0.5 * (0.3 * x + 0.7 * y + channel).sin();
}

absl::StatusOr<std::unique_ptr<ImageEncoder>> Load(const std::string& golden, const json& changes,
                                                   at::ScalarType dtype = at::kFloat) {
  json config = ReadNetworkConfig(GoldenFolder(golden), "vae");
  config.update(changes);
  StateDictLoader::Options options;
  options.dtype = dtype;
  StateDictLoader loader("vae", ReadNetworkWeights(GoldenFolder(golden), "vae"), options);
  auto encoder = CreateImageEncoder(config.value("_class_name", ""), config,
                                    LatentStatistics::kIgnored, loader);
  EXPECT_TRUE(!encoder.ok() || loader.Finish().ok()) << loader.Finish();
  return encoder;
}

// In float64, so that the limit is the rounding of what diffusers computed and no processor's.
TEST(ImageEncoderTest, LatentsAreThoseOfDiffusers) {
  struct Case {
    const char* golden;
    std::vector<int64_t> shape;
    double first, second, middle, last, mean_magnitude;
  };
  const Case cases[] = {
      {"sd15-like", {1, 4, 4, 8}, -0.0530849, 0.145966, -0.031216, 0.0962907, 0.0825733},
      {"sd-turbo-like", {1, 4, 2, 4}, -0.0375563, 0.0198884, -0.0344394, 4.24525e-05, 0.0665109},
      {"lcm-tiny-like", {1, 4, 2, 4}, -0.491859, -0.157789, -0.0292277, -0.221472, 0.238966}};
  for (const Case& expected : cases) {
    const auto encoder = Load(expected.golden, json::object(), at::kDouble);
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    const at::Tensor latents = (*encoder)->Encode(Waves().to(at::kDouble));
    EXPECT_EQ(latents.sizes().vec(), expected.shape);
    const at::Tensor flat = latents.flatten();
    EXPECT_NEAR(flat[0].item<double>(), expected.first, 1e-5);
    EXPECT_NEAR(flat[1].item<double>(), expected.second, 1e-5);
    EXPECT_NEAR(flat[flat.numel() / 2].item<double>(), expected.middle, 1e-5);
    EXPECT_NEAR(flat[-1].item<double>(), expected.last, 1e-5);
    EXPECT_NEAR(flat.abs().mean().item<double>(), expected.mean_magnitude, 1e-5);
  }
}

TEST(ImageEncoderTest, WhatItCannotRunIsNamed) {
  const auto encoder =
      Load("sd15-like", {{"down_block_types", {"DownEncoderBlock2D", "AttnDownEncoderBlock2D"}}});
  EXPECT_THAT(std::string(encoder.status().message()),
              ::testing::AllOf(::testing::HasSubstr("AttnDownEncoderBlock2D"),
                               ::testing::HasSubstr("3 and 2 entries")));
  EXPECT_THAT(std::string(Load("sd15-like", {{"_class_name", "AutoencoderDC"}}).status().message()),
              ::testing::HasSubstr("'AutoencoderDC'"));
}

TEST(ImageAutoencoderTest, BothHalvesOfOneFolderGiveWhatEachGivesAlone) {
  for (const char* golden : {"sd15-like", "lcm-tiny-like"}) {
    const json config = ReadNetworkConfig(GoldenFolder(golden), "vae");
    StateDictLoader loader("vae", ReadNetworkWeights(GoldenFolder(golden), "vae"), {});
    const auto both = ImageAutoencoder::Create(config.value("_class_name", ""), config,
                                               LatentStatistics::kIgnored,
                                               ImageAutoencoder::Halves::kBoth, loader);
    ASSERT_TRUE(both.ok()) << both.status();
    ASSERT_TRUE(loader.Finish().ok()) << loader.Finish();
    const at::Tensor latents = (*both)->Encode(Waves());
    EXPECT_TRUE(at::equal(latents, (*Load(golden, json::object()))->Encode(Waves())));
    const at::Tensor pictures = (*both)->Decode(latents);
    EXPECT_EQ(pictures.sizes().vec(), Waves().sizes().vec());
    EXPECT_TRUE(at::equal(pictures, (*both)->decoder().Decode(latents)));
  }
}

}  // namespace
}  // namespace strobe::model
