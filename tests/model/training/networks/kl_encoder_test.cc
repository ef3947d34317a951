// Encoders against what diffusers 0.42.1 computes with the same weights.

#include "model/training/networks/kl_encoder.h"

#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/training/networks/picture_encoder.h"
#include "model/training/networks/trained_model.h"

namespace strobe::model {
namespace {

// 0.5 + 0.5 sin(0.3 x + 0.7 y + channel), 16 high and 32 wide.
at::Tensor Waves() {
  const at::Tensor x = at::arange(32, at::kFloat).view({1, 1, 1, 32});
  const at::Tensor y = at::arange(16, at::kFloat).view({1, 1, 16, 1});
  const at::Tensor channel = at::arange(3, at::kFloat).view({1, 3, 1, 1});
  return 0.5 + 0.5 * (0.3 * x + 0.7 * y + channel).sin();
}

TEST(PictureEncoderTest, LatentsAreThoseOfDiffusers) {
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
    const auto model =
        ReadTrainedModel(std::string(STROBE_SOURCE_DIR) + "/tests/goldens/" + expected.golden);
    ASSERT_TRUE(model.ok()) << model.status();
    const auto encoder = BuildPictureEncoder(*model, at::kCPU);
    ASSERT_TRUE(encoder.ok()) << encoder.status();
    const at::Tensor latents = (*encoder)->Encode(Waves());
    EXPECT_EQ(latents.sizes().vec(), expected.shape);
    const at::Tensor flat = latents.flatten();
    EXPECT_NEAR(flat[0].item<double>(), expected.first, 1e-5);
    EXPECT_NEAR(flat[1].item<double>(), expected.second, 1e-5);
    EXPECT_NEAR(flat[flat.numel() / 2].item<double>(), expected.middle, 1e-5);
    EXPECT_NEAR(flat[-1].item<double>(), expected.last, 1e-5);
    EXPECT_NEAR(flat.abs().mean().item<double>(), expected.mean_magnitude, 1e-5);
  }
}

TEST(PictureEncoderTest, WhatItCannotRunIsNamed) {
  auto model = ReadTrainedModel(std::string(STROBE_SOURCE_DIR) + "/tests/goldens/sd15-like");
  ASSERT_TRUE(model.ok()) << model.status();
  model->vae_config["down_block_types"] = {"DownEncoderBlock2D", "AttnDownEncoderBlock2D"};
  EXPECT_THAT(std::string(BuildPictureEncoder(*model, at::kCPU).status().message()),
              ::testing::AllOf(::testing::HasSubstr("AttnDownEncoderBlock2D"),
                               ::testing::HasSubstr("3 and 2 entries")));
}

}  // namespace
}  // namespace strobe::model
