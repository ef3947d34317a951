#include "model/training/methods/imagine_flash.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/training/methods/student_rollout.h"
#include "tests/model/training/tiny_networks.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;
using ::testing::Key;

class ImagineFlashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    recipe_.discriminator = false;
    teacher_ = TinyUnet(1, teacher_weights_);
    teacher_weights_.SetTrainable(false);
    student_ = TinyUnet(2, student_weights_);
    builder_ = std::make_unique<StepTableBuilder>(
        *StepTableBuilder::FromJson(SchedulerConfigJson("sample")));
    batch_.conditioning = {UnitNormal(3, 0, {6, 5, 16}), UnitNormal(3, 1, {5, 16}), 2.0};
    batch_.latent_shape = {6, 4, 4, 4};
    batch_.data_latents = [this]() -> absl::StatusOr<at::Tensor> {
      ++looks_at_data_;
      return data_;
    };
  }

  std::unique_ptr<ImagineFlash> Method() {
    auto method = ImagineFlash::Create(recipe_, *builder_, {teacher_.get(), student_.get()});
    EXPECT_TRUE(method.ok()) << method.status();
    return *std::move(method);
  }

  DistillationLoss LossAt(int64_t step) {
    StepRandom random(5, "test", step);
    return *Method()->Loss(batch_, random);
  }

  ParameterSet teacher_weights_;
  ParameterSet student_weights_;
  std::unique_ptr<UNet2DConditionModel> teacher_;
  std::unique_ptr<UNet2DConditionModel> student_;
  std::unique_ptr<StepTableBuilder> builder_;
  DistillationRecipe recipe_;
  DistillationBatch batch_;
  at::Tensor data_ = at::ones({6, 4, 4, 4});
  int looks_at_data_ = 0;
};

TEST_F(ImagineFlashTest, TheRolloutRecordsNoGradient) {
  const StepTable table = *builder_->Build({3});
  const std::vector<RolloutPosition> positions(6, {&table, 2});
  const at::Tensor noise = UnitNormal(4, 0, {6, 4, 4, 4});
  Conditioning conditioning = batch_.conditioning;
  conditioning.guidance_scale = 1.0;
  const at::Tensor latents = RollOut(*student_, positions, noise, conditioning);
  EXPECT_FALSE(latents.requires_grad());
  EXPECT_FALSE(at::equal(latents, noise));
}

TEST_F(ImagineFlashTest, TheRolloutIsTheStudentsOwnSampling) {
  const StepTable table = *builder_->Build({2});
  Conditioning conditioning = batch_.conditioning;
  conditioning.guidance_scale = 1.0;
  const at::Tensor noise = UnitNormal(4, 0, {6, 4, 4, 4});
  std::vector<RolloutPosition> positions(6, {&table, 0});
  positions[4].step = 1;
  const at::Tensor latents = RollOut(*student_, positions, noise, conditioning);
  EXPECT_TRUE(at::equal(latents[0], noise[0]));
  // The first of the two steps alone.
  StepTable first = table;
  first.rows.resize(1);
  const at::Tensor expected = SampleLatents(*student_, first, noise, conditioning);
  EXPECT_LT((latents[4] - expected[4]).abs().max().item<double>(), 1e-5);
}

TEST_F(ImagineFlashTest, TheLossDoesNotDependOnThePictures) {
  const double loss = LossAt(0).loss.item<double>();
  data_ = 100 * data_;
  EXPECT_EQ(LossAt(0).loss.item<double>(), loss);
  EXPECT_EQ(looks_at_data_, 0);
}

TEST_F(ImagineFlashTest, TheDiscriminatorAloneLooksAtThePictures) {
  const double alone = LossAt(0).loss.item<double>();
  recipe_.discriminator = true;
  const DistillationLoss loss = LossAt(0);
  EXPECT_EQ(looks_at_data_, 1);
  EXPECT_NEAR(loss.loss.item<double>(),
              alone + recipe_.adversarial_weight * loss.extras.at("loss_adversarial"), 1e-5);
}

TEST_F(ImagineFlashTest, WithoutBackwardDistillationTheLossDependsOnThePictures) {
  recipe_.backward_distillation = false;
  const double loss = LossAt(0).loss.item<double>();
  data_ = 100 * data_;
  EXPECT_NE(LossAt(0).loss.item<double>(), loss);
  EXPECT_EQ(looks_at_data_, 2);
}

TEST_F(ImagineFlashTest, TheGradientReachesTheStudentAlone) {
  LossAt(0).loss.backward();
  double student = 0.0;
  for (const auto& [name, tensor] : student_weights_.tensors()) {
    if (tensor.grad().defined()) student += tensor.grad().abs().sum().item<double>();
  }
  EXPECT_GT(student, 0.0);
  for (const auto& [name, tensor] : teacher_weights_.tensors()) {
    EXPECT_FALSE(tensor.grad().defined()) << name;
  }
}

TEST_F(ImagineFlashTest, ATeacherThatAlwaysPredictsZeroMakesTheLossTheSquareOfX0) {
  const at::NoGradGuard no_grad;
  teacher_weights_.tensors().at("conv_out.weight").zero_();
  teacher_weights_.tensors().at("conv_out.bias").zero_();
  student_weights_.tensors().at("conv_out.weight").zero_();
  student_weights_.tensors().at("conv_out.bias").fill_(0.5);
  EXPECT_NEAR(LossAt(0).loss.item<double>(), 0.25, 1e-6);
}

TEST_F(ImagineFlashTest, TheShiftIsLinearInTheTimestep) {
  EXPECT_EQ(Method()->ShiftedTimestep(999), 960);
  EXPECT_EQ(Method()->ShiftedTimestep(0), 120);
  EXPECT_EQ(Method()->ShiftedTimestep(499.5), 540);
}

TEST_F(ImagineFlashTest, LossesAreToldApartByTimestep) {
  std::map<std::string, double> all;
  for (int64_t step = 0; step < 4; ++step) all.merge(LossAt(step).extras);
  EXPECT_THAT(all, ::testing::Contains(Key("loss_t999")));
  EXPECT_THAT(all, ::testing::Contains(Key("loss_t332")));
}

TEST_F(ImagineFlashTest, ASchedulerThatDrawsNoiseIsRefused) {
  nlohmann::json json = SchedulerConfigJson("sample");
  json["_class_name"] = "LCMScheduler";
  const auto builder = StepTableBuilder::FromJson(json);
  const auto method = ImagineFlash::Create(recipe_, *builder, {teacher_.get(), student_.get()});
  EXPECT_THAT(std::string(method.status().message()), HasSubstr("draws no noise"));
}

TEST_F(ImagineFlashTest, AnUnknownMethodNamesTheChoices) {
  recipe_.method = "magic";
  const auto method =
      CreateDistillationMethod(recipe_, *builder_, {teacher_.get(), student_.get()});
  EXPECT_THAT(std::string(method.status().message()), HasSubstr("imagine-flash"));
}

}  // namespace
}  // namespace strobe::model
