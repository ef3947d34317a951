#include "model/training/networks/tiny_encoder_fit.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/training/data/training_data.h"

namespace strobe::model {
namespace {

at::Tensor Pictures() {
  DataRecipe recipe;
  recipe.num_pictures = 200;
  recipe.image_size = 32;
  return *(*TrainingData::Create(recipe, 3))->PictureRange(0, 200);
}

TEST(FitTinyEncoderTest, LatentsAreCentredUncorrelatedAndScaled) {
  const AutoencoderTinyEncoder::Options options = {32, 6, 3};
  const at::Tensor pictures = Pictures();
  StateDictLoader loader("vae", FitTinyEncoder(pictures, options), {});
  const AutoencoderTinyEncoder encoder(loader, options);
  ASSERT_TRUE(loader.Finish().ok()) << loader.Finish();
  const at::Tensor latents = encoder.Encode(pictures);
  ASSERT_EQ(latents.sizes().vec(), (std::vector<int64_t>{200, 6, 4, 4}));

  const at::Tensor rows = latents.permute({1, 0, 2, 3}).reshape({6, -1});
  const at::Tensor deviations = rows.std(1);
  EXPECT_NEAR(deviations[0].item<double>(), 1.4, 0.01);
  EXPECT_LT(rows.mean(1).abs().max().item<double>(), 1e-3);
  for (int i = 1; i < 6; ++i) {
    EXPECT_LE(deviations[i].item<double>(), deviations[i - 1].item<double>() + 1e-3);
    const double covariance = (rows[0] * rows[i]).mean().item<double>();
    const double scale = deviations[0].item<double>() * deviations[i].item<double>();
    // Uncentred moments are diagonalised: what is left is the square of small means.
    EXPECT_LT(std::abs(covariance / scale), 0.05) << i;
  }
}

TEST(FitTinyEncoderTest, TheCodeTellsPicturesApart) {
  const AutoencoderTinyEncoder::Options options = {32, 16, 3};
  const at::Tensor pictures = Pictures();
  StateDictLoader loader("vae", FitTinyEncoder(pictures, options), {});
  const AutoencoderTinyEncoder encoder(loader, options);
  const at::Tensor latents = encoder.Encode(pictures).flatten(1);
  EXPECT_GT((latents[0] - latents[1]).abs().max().item<double>(), 0.5);
}

}  // namespace
}  // namespace strobe::model
