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

TEST_F(AdversarialDistillationTest, TheVerdictCountsWithItsWeight) {
  recipe_.adversarial_weight = 0.0;
  const double distilled = LossOf(*Method("add")).loss.item<double>();
  recipe_.adversarial_weight = 3.0;
  const DistillationLoss loss = LossOf(*Method("add"));
  EXPECT_NEAR(loss.loss.item<double>(), distilled + 3.0 * loss.extras.at("loss_adversarial"), 1e-4);
}

TEST_F(AdversarialDistillationTest, TheDiscriminatorLearnsToTellPicturesFromTheStudents) {
  recipe_.discriminator_rate = 0.02;
  recipe_.student.steps = 1000;
  const auto method = Method("add");
  const double before = LossOf(*method, 0).extras.at("loss_discriminator");
  for (int64_t step = 1; step < 30; ++step) LossOf(*method, step);
  EXPECT_LT(LossOf(*method, 30).extras.at("loss_discriminator"), 0.5 * before);
}

TEST_F(AdversarialDistillationTest, WhatTheDiscriminatorLearnedIsInTheState) {
  const auto method = Method("add");
  StateDict before;
  for (const auto& [name, tensor] : method->State()) before[name] = tensor.clone();
  LossOf(*method);
  EXPECT_FALSE(at::equal(method->State().at("discriminator/weights.score.weight"),
                         before.at("discriminator/weights.score.weight")));
}

}  // namespace
}  // namespace strobe::model
