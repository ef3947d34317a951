// Two tiny networks and a batch for the tests of distillation methods.

#ifndef STROBE_TESTS_MODEL_TRAINING_DISTILLATION_BATCH_H_
#define STROBE_TESTS_MODEL_TRAINING_DISTILLATION_BATCH_H_

#include <memory>
#include <string>

#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "model/sampling/step_table_builder.h"
#include "model/training/methods/distillation_method.h"
#include "tests/model/training/tiny_networks.h"

namespace strobe::model {

class DistillationBatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    teacher_ = TinyUnet(1, teacher_weights_);
    teacher_weights_.SetTrainable(false);
    student_ = TinyUnet(2, student_weights_);
    averaged_weights_.Add(student_weights_.tensors());
    averaged_weights_.SetTrainable(false);
    averaged_ = TinyUnet(2, averaged_weights_);
    batch_.conditioning = {UnitNormal(3, 0, {6, 5, 16}), UnitNormal(3, 1, {5, 16}), 2.0};
    batch_.latent_shape = {6, 4, 4, 4};
    batch_.data_latents = [this]() -> absl::StatusOr<at::Tensor> { return data_; };
  }

  std::unique_ptr<DistillationMethod> Method(const std::string& name) {
    recipe_.method = name;
    const auto builder = StepTableBuilder::FromJson(SchedulerConfigJson("sample"));
    auto method = CreateDistillationMethod(recipe_, *builder,
                                           {teacher_.get(), student_.get(), averaged_.get()});
    EXPECT_TRUE(method.ok()) << method.status();
    return *std::move(method);
  }

  DistillationLoss LossOf(DistillationMethod& method, int64_t step = 0) {
    StepRandom random(5, "test", step);
    return *method.Loss(batch_, random);
  }

  static double GradientOf(const ParameterSet& weights) {
    double sum = 0.0;
    for (const auto& [name, tensor] : weights.tensors()) {
      if (tensor.grad().defined()) sum += tensor.grad().abs().sum().item<double>();
    }
    return sum;
  }

  ParameterSet teacher_weights_;
  ParameterSet student_weights_;
  ParameterSet averaged_weights_;
  std::unique_ptr<UNet2DConditionModel> teacher_;
  std::unique_ptr<UNet2DConditionModel> student_;
  std::unique_ptr<UNet2DConditionModel> averaged_;
  DistillationRecipe recipe_;
  DistillationBatch batch_;
  at::Tensor data_ = at::ones({6, 4, 4, 4});
};

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_TRAINING_DISTILLATION_BATCH_H_
