#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/training/methods/diffusion_loss.h"
#include "model/training/methods/reconstruction_loss.h"
#include "model/training/stages/attribute_loss.h"

namespace strobe::model {
namespace {

TEST(ReconstructionLossTest, AConstantErrorHasNoEdges) {
  const at::Tensor pictures = at::zeros({2, 3, 4, 4});
  const at::Tensor wrong = at::full({2, 3, 4, 4}, 0.5);
  EXPECT_NEAR(ReconstructionLoss(wrong, pictures).item<double>(), 0.5 + 4 * 0.25, 1e-6);
}

TEST(ReconstructionLossTest, AStepAddsItsEdge) {
  const at::Tensor pictures = at::zeros({1, 1, 2, 2});
  const at::Tensor wrong = at::tensor({0.0f, 1.0f, 0.0f, 1.0f}).view({1, 1, 2, 2});
  // |d| .5, d^2 .5, dx 1, dy 0.
  EXPECT_NEAR(ReconstructionLoss(wrong, pictures).item<double>(), 0.5 + 4 * 0.5 + 0.5, 1e-6);
}

TEST(LatentSpreadLossTest, OnlyMeansAndWideChannelsCost) {
  const at::Tensor latents = at::tensor({1.0f, 3.0f, -2.0f, 2.0f}).view({1, 2, 1, 2});
  // Channel 0: mean 2, sd sqrt 2; channel 1: mean 0, sd sqrt 8.
  EXPECT_NEAR(LatentSpreadLoss(latents).item<double>(), (4.0 + std::sqrt(8.0) - 1.5) / 2, 1e-5);
}

TEST(DenoisingLossTest, WeighsTheErrorOfTheCleanLatentUpToFour) {
  const at::Tensor x0 = at::full({2, 1, 1, 1}, 2.0);
  const at::Tensor loss = DenoisingLoss(at::zeros({2, 1, 1, 1}), x0, {{0.6, 0.8}, {0.995, 0.1}});
  EXPECT_NEAR(loss[0].item<double>(), 4.0 / 0.64, 1e-4);
  EXPECT_NEAR(loss[1].item<double>(), 4.0 * 4.0, 1e-4);
}

TEST(PredictedX0Test, EachPredictionTypeComesToTheSameCleanLatent) {
  const double x0 = 2.0;
  const double noise = -1.0;
  const NoiseLevel level = {0.6, 0.8};
  const at::Tensor noisy = at::full({1, 1, 1, 1}, level.alpha * x0 + level.sigma * noise);
  const std::pair<PredictionType, double> outputs[] = {
      {PredictionType::kEpsilon, noise},
      {PredictionType::kSample, x0},
      {PredictionType::kVPrediction, level.alpha * noise - level.sigma * x0}};
  for (const auto& [type, output] : outputs) {
    const at::Tensor x0hat = PredictedX0(type, at::full({1, 1, 1, 1}, output), noisy, {level});
    EXPECT_NEAR(x0hat.item<double>(), x0, 1e-5) << static_cast<int>(type);
  }
}

TEST(AddNoiseTest, EachRowHasItsLevel) {
  const at::Tensor noisy =
      AddNoise(at::ones({2, 1, 1, 1}), at::full({2, 1, 1, 1}, 2.0), {{0.6, 0.8}, {1.0, 0.0}});
  EXPECT_NEAR(noisy[0].item<double>(), 0.6 + 1.6, 1e-6);
  EXPECT_NEAR(noisy[1].item<double>(), 1.0, 1e-6);
}

const AttributeHeads kHeads = {{"color", {"", "blue", "green", "red"}}, {"moons", {"", "one"}}};

TEST(AttributeLossTest, UniformLogitsCostTheLogOfTheClasses) {
  const at::Tensor labels = at::zeros({3, 2}, at::kLong);
  const at::Tensor logits = at::zeros({3, 6});
  const double expected = std::log(4.0) + std::log(2.0);
  EXPECT_NEAR(AttributeLoss(kHeads, logits, labels).item<double>(), expected, 1e-5);
  EXPECT_EQ(AttributeAccuracy(kHeads, logits, labels), 1.0);  // the first of equals is class 0
  labels[1][0] = 1;
  EXPECT_NEAR(AttributeAccuracy(kHeads, logits, labels), 2.0 / 3, 1e-6);
}

TEST(AttributeLossTest, WhatCannotBeToldCostsNothing) {
  const at::Tensor labels = at::zeros({2, 2}, at::kLong);
  const at::Tensor logits = at::zeros({2, 6});
  logits[0][0] = 50.0;
  labels.select(1, 1).fill_(kNotTold);
  labels[1][0] = kNotTold;
  EXPECT_NEAR(AttributeLoss(kHeads, logits, labels).item<double>(), 0.0, 1e-5);
  labels.fill_(kNotTold);
  EXPECT_EQ(AttributeLoss(kHeads, logits, labels).item<double>(), 0.0);
}

}  // namespace
}  // namespace strobe::model
