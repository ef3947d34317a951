#include "model/denoiser/unet/unet_2d_condition_model.h"

#include <memory>
#include <string>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/model/golden_files.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<UNet2DConditionModel> Load(const std::string& folder, StateDict weights,
                                           const StateDictLoader::Options& options = {}) {
  const auto config = UNet2DConditionConfig::FromJson(ReadNetworkConfig(folder, "unet"));
  EXPECT_TRUE(config.ok()) << config.status();
  if (!config.ok()) return nullptr;
  StateDictLoader loader("unet", std::move(weights), options);
  auto model = UNet2DConditionModel::Create(*config, loader);
  EXPECT_TRUE(loader.Finish().ok()) << loader.Finish();
  return model;
}

absl::Status LoadingError(const std::string& folder, StateDict weights) {
  const auto config = UNet2DConditionConfig::FromJson(ReadNetworkConfig(folder, "unet"));
  StateDictLoader loader("unet", std::move(weights), {});
  UNet2DConditionModel::Create(*config, loader);
  return loader.Finish();
}

class UNetGoldenTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = GoldenFolder(GetParam());
    golden_ = ReadTensors(folder_ + "/golden.safetensors");
    model_ = Load(folder_, ReadNetworkWeights(folder_, "unet"));
    ASSERT_NE(model_, nullptr);
  }

  at::Tensor Run(const std::string& prefix) const {
    return model_->Forward(golden_.at(prefix + ".sample"), golden_.at(prefix + ".timesteps"),
                           {golden_.at(prefix + ".encoder_hidden_states")});
  }

  at::NoGradGuard no_grad_;
  std::string folder_;
  StateDict golden_;
  std::unique_ptr<UNet2DConditionModel> model_;
};

TEST_P(UNetGoldenTest, PredictsWhatDiffusersPredicts) {
  EXPECT_LE(RelativeRms(Run("unet"), golden_.at("unet.output")), NetworkLimit(GetParam(), "unet"));
}

TEST_P(UNetGoldenTest, TakesSizesThatAreNoMultipleOfTheDownSampling) {
  EXPECT_LE(RelativeRms(Run("unet_odd"), golden_.at("unet_odd.output")),
            NetworkLimit(GetParam(), "unet_odd"));
}

TEST_P(UNetGoldenTest, RowsAtDifferentTimestepsDoNotInfluenceEachOther) {
  const at::Tensor together = Run("unet");
  for (int64_t row = 0; row < together.size(0); ++row) {
    const at::Tensor alone = model_->Forward(
        golden_.at("unet.sample").narrow(0, row, 1), golden_.at("unet.timesteps").narrow(0, row, 1),
        {golden_.at("unet.encoder_hidden_states").narrow(0, row, 1)});
    EXPECT_LE(RelativeRms(alone, together.narrow(0, row, 1)), NetworkLimit(GetParam(), "unet"))
        << "row " << row;
  }
}

TEST_P(UNetGoldenTest, TimestepAndTextMatter) {
  const at::Tensor sample = golden_.at("unet.sample");
  const at::Tensor text = golden_.at("unet.encoder_hidden_states");
  const at::Tensor same_time = at::full({sample.size(0)}, 999.0);
  const at::Tensor output = golden_.at("unet.output");
  EXPECT_GT(RelativeRms(model_->Forward(sample, same_time, {text}), output), 0.05);
  EXPECT_GT(
      RelativeRms(model_->Forward(sample, golden_.at("unet.timesteps"), {text.flip(0)}), output),
      0.05);
}

INSTANTIATE_TEST_SUITE_P(Goldens, UNetGoldenTest,
                         ::testing::Values("sd-turbo-like", "sd15-like", "lcm-tiny-like"),
                         [](const auto& info) {
                           std::string name = info.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(UNet2DConditionModelTest, TheShippedStudentPredictsItsGoldenLatents) {
  at::NoGradGuard no_grad;
  const auto model = Load(StudentFolder(), ReadNetworkWeights(StudentFolder(), "unet"));
  ASSERT_NE(model, nullptr);
  const StateDict golden = ReadTensors(StudentFolder() + "/golden/golden.safetensors");
  // It predicts the clean latents, and one step of DDIM returns exactly these.
  const at::Tensor latents =
      model->Forward(golden.at("case0.initial_noise"), golden.at("case0.steps1.timesteps"),
                     {golden.at("case0.prompt_embeds")});
  EXPECT_LE(RelativeRms(latents, golden.at("case0.steps1.latents")), StudentLimit("latents"));
}

TEST(UNet2DConditionModelTest, ComputesInTheDtypeOfItsWeights) {
  at::NoGradGuard no_grad;
  const std::string folder = GoldenFolder("sd-turbo-like");
  StateDictLoader::Options options;
  options.dtype = at::kBFloat16;
  const auto model = Load(folder, ReadNetworkWeights(folder, "unet"), options);
  const StateDict golden = ReadTensors(folder + "/golden.safetensors");
  const at::Tensor output = model->Forward(golden.at("unet.sample"), golden.at("unet.timesteps"),
                                           {golden.at("unet.encoder_hidden_states")});
  EXPECT_EQ(output.scalar_type(), at::kBFloat16);
  EXPECT_LE(RelativeRms(output, golden.at("unet.output")), 0.05);
}

TEST(UNet2DConditionModelTest, GradientsReachEveryWeight) {
  const std::string folder = GoldenFolder("sd15-like");
  StateDict weights;
  for (const auto& [name, tensor] : ReadNetworkWeights(folder, "unet")) {
    weights[name] = tensor.to(at::kFloat).set_requires_grad(true);
  }
  const auto model = Load(folder, weights);
  const StateDict golden = ReadTensors(folder + "/golden.safetensors");
  model
      ->Forward(golden.at("unet.sample"), golden.at("unet.timesteps"),
                {golden.at("unet.encoder_hidden_states")})
      .square()
      .sum()
      .backward();
  for (const auto& [name, tensor] : weights) {
    EXPECT_TRUE(tensor.grad().defined()) << name;
  }
}

TEST(UNet2DConditionModelTest, MissingMisshapenAndUnexpectedTensorsAreNamedTogether) {
  const std::string folder = GoldenFolder("sd15-like");
  StateDict weights = ReadNetworkWeights(folder, "unet");
  weights.erase("mid_block.resnets.1.conv2.bias");
  weights["conv_in.weight"] = at::zeros({1, 2, 3});
  weights["down_blocks.7.surprise"] = at::zeros({1});
  const absl::Status status = LoadingError(folder, weights);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("mid_block.resnets.1.conv2.bias"));
  EXPECT_THAT(message, HasSubstr("conv_in.weight"));
  EXPECT_THAT(message, HasSubstr("down_blocks.7.surprise"));
}

TEST(UNet2DConditionModelTest, WeightsOfAnotherNetworkAreRefused) {
  const std::string folder = GoldenFolder("sd15-like");
  EXPECT_FALSE(
      LoadingError(folder, ReadNetworkWeights(GoldenFolder("lcm-tiny-like"), "unet")).ok());
}

}  // namespace
}  // namespace strobe::model
