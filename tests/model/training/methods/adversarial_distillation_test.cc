#include "model/training/methods/adversarial_distillation.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <gmock/gmock.h>

#include "model/training/methods/diffusion_loss.h"
#include "tests/model/training/distillation_batch.h"

namespace strobe::model {
namespace {

using AdversarialDistillationTest = DistillationBatchTest;

TEST_F(AdversarialDistillationTest, TheGradientReachesTheStudentAlone) {
  LossOf(*Method("add")).loss.backward();
  EXPECT_GT(GradientOf(student_weights_), 0.0);
  EXPECT_EQ(GradientOf(teacher_weights_), 0.0);
}

TEST_F(AdversarialDistillationTest, TheVerdictsGradientHasItsShareOfTheReconstructions) {
  recipe_.adversarial_warmup = 0;
  recipe_.adversarial_ramp = 1;
  recipe_.adversarial_share = 0.5;
  const DistillationLoss loss = LossOf(*Method("add"));
  EXPECT_NEAR(loss.extras.at("gradient_ratio"), 0.5, 1e-4);
}

TEST_F(AdversarialDistillationTest, TheVerdictDoesNotCountWhileTheHeadsWarmUp) {
  recipe_.adversarial_share = 0.0;
  recipe_.adversarial_warmup = 0;
  const double distilled = LossOf(*Method("add")).loss.item<double>();
  recipe_.adversarial_share = 100.0;
  recipe_.adversarial_warmup = 1;
  const DistillationLoss loss = LossOf(*Method("add"));
  EXPECT_EQ(loss.loss.item<double>(), distilled);
  EXPECT_GT(loss.extras.at("loss_discriminator"), 0.0);
}

TEST_F(AdversarialDistillationTest, TheDiscriminatorLearnsToTellPicturesFromTheStudents) {
  recipe_.discriminator_rate = 0.02;
  recipe_.student.steps = 1000;
  const auto method = Method("add");
  for (int64_t step = 0; step < 20; ++step) LossOf(*method, step);
  // Heads that know nothing lose 2.
  EXPECT_LT(LossOf(*method, 20).extras.at("loss_discriminator"), 1.2);
}

TEST_F(AdversarialDistillationTest, TheTeacherGivesFeaturesOfEveryLevelOfItsEncoder) {
  const at::Tensor latents = UnitNormal(4, 0, {6, 4, 4, 4});
  const std::vector<at::Tensor> features = teacher_->EncoderFeatures(
      latents, PerRow(std::vector<double>(6, 300), latents), batch_.conditioning.Told());
  ASSERT_EQ(features.size(), 3u);  // two levels and the mid block
  EXPECT_EQ(features[0].sizes().vec(), (std::vector<int64_t>{6, 16, 4, 4}));
  EXPECT_EQ(features[1].sizes().vec(), (std::vector<int64_t>{6, 16, 2, 2}));
  EXPECT_EQ(features[2].sizes().vec(), (std::vector<int64_t>{6, 16, 2, 2}));
  EXPECT_FALSE(at::equal(features[1], features[2]));
}

TEST_F(AdversarialDistillationTest, WhatTheDiscriminatorLearnedIsInTheState) {
  const auto method = Method("add");
  StateDict before;
  for (const auto& [name, tensor] : method->State()) before[name] = tensor.clone();
  LossOf(*method);
  EXPECT_FALSE(at::equal(method->State().at("discriminator/weights.heads.1.score.weight"),
                         before.at("discriminator/weights.heads.1.score.weight")));
}

}  // namespace
}  // namespace strobe::model
