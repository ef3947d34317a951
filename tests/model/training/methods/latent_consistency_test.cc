#include "model/training/methods/latent_consistency.h"

#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include "tests/model/training/distillation_batch.h"

namespace strobe::model {
namespace {

using LatentConsistencyTest = DistillationBatchTest;

// Makes the network predict `value` everywhere.
void PredictAlways(const ParameterSet& weights, double value) {
  const at::NoGradGuard no_grad;
  weights.tensors().at("conv_out.weight").zero_();
  weights.tensors().at("conv_out.bias").fill_(value);
}

TEST_F(LatentConsistencyTest, TheLossIsTheHuberDistanceFromTheStudentsAverage) {
  PredictAlways(student_weights_, 0.75);
  PredictAlways(averaged_weights_, 0.25);
  // The teacher is right, so that where no noise is left the latent is the picture's.
  PredictAlways(teacher_weights_, 1.0);
  data_ = at::ones({6, 4, 4, 4});
  const auto method = Method("lcm");
  const double loss = LossOf(*method).loss.item<double>();
  // .5 from the average in every row, .25 from the picture in the rows at the lowest timestep.
  EXPECT_LE(loss, 0.5 - 0.0009);
  EXPECT_GE(loss, 0.25 - 0.001);
}

TEST_F(LatentConsistencyTest, AStudentThatAgreesWithItsAverageLosesNothing) {
  for (const ParameterSet* weights : {&student_weights_, &averaged_weights_, &teacher_weights_}) {
    PredictAlways(*weights, 1.0);
  }
  EXPECT_NEAR(LossOf(*Method("lcm")).loss.item<double>(), 0.0, 1e-6);
}

TEST_F(LatentConsistencyTest, TheGradientReachesTheStudentAlone) {
  LossOf(*Method("lcm")).loss.backward();
  EXPECT_GT(GradientOf(student_weights_), 0.0);
  EXPECT_EQ(GradientOf(averaged_weights_), 0.0);
  EXPECT_EQ(GradientOf(teacher_weights_), 0.0);
}

TEST_F(LatentConsistencyTest, TheStudentIsSampledWithFreshNoise) {
  const auto config =
      StepTableBuilder::FromJson(Method("lcm")->StudentScheduler(SchedulerConfigJson("sample")));
  ASSERT_TRUE(config.ok()) << config.status();
  const auto table = config->Build({3});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows.front().rho, 1.0);
}

}  // namespace
}  // namespace strobe::model
