// Losses where tensors of the device and of the host may not meet.

#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include "model/sampling/step_table_builder.h"
#include "model/training/methods/distillation_method.h"
#include "model/training/networks/lora_unet.h"
#include "tests/model/training/device_runs.h"
#include "tests/model/training/separate_memory_device.h"
#include "tests/model/training/tiny_networks.h"

namespace strobe::model {
namespace {

TEST(DeviceTest, TheDeviceOfTheseTestsRefusesTensorsOfTheHost) {
  const at::Tensor there = at::ones({2}).to(kSeparateMemoryDevice);
  EXPECT_ANY_THROW(there + at::ones({2}));
  EXPECT_EQ((there + at::ones({})).sum().item<float>(), 4.0f);
}

// The loss of `method` on `device`, with a student of adapters or of weights of its own.
double LossOn(const at::Device& device, const std::string& method, bool adapters) {
  ParameterSet teacher_weights(device), student_weights(device);
  const auto teacher = TinyUnet(1, teacher_weights);
  teacher_weights.SetTrainable(false);
  if (adapters) student_weights.Add(MakeLora(teacher_weights.tensors(), 2, 7));
  const auto student = adapters
                           ? *BuildLoraUnet(teacher->config(), &teacher_weights, &student_weights)
                           : TinyUnet(2, student_weights);
  DistillationRecipe recipe;
  recipe.method = method;
  recipe.discriminator = false;
  const auto builder = StepTableBuilder::FromJson(SchedulerConfigJson("sample"));
  const auto created = CreateDistillationMethod(
      recipe, *builder, {teacher.get(), student.get(), teacher.get(), device});
  EXPECT_TRUE(created.ok()) << created.status();
  DistillationBatch batch;
  batch.conditioning = {UnitNormal(3, 0, {6, 5, 16}, device), UnitNormal(3, 1, {5, 16}, device),
                        2.0};
  batch.latent_shape = {6, 4, 4, 4};
  batch.data_latents = [&]() -> absl::StatusOr<at::Tensor> {
    return UnitNormal(4, 0, {6, 4, 4, 4}, device);
  };
  StepRandom random(5, "test", 0, device);
  return (*created)->Loss(batch, random)->loss.item<double>();
}

TEST(DeviceTest, LossesOnADeviceAreThoseOfTheCpu) {
  for (const char* method : {"imagine-flash", "step", "lcm"}) {
    for (const bool adapters : {false, true}) {
      const double expected = LossOn(at::kCPU, method, adapters);
      EXPECT_GT(expected, 0.0);
      EXPECT_NEAR(LossOn(kSeparateMemoryDevice, method, adapters), expected, 1e-4 * expected)
          << method << ", adapters " << adapters;
    }
  }
}

TEST(DeviceTest, EveryRunOnADeviceIsThatOfTheCpu) {
  ExpectEveryRunAsOnTheCpu(FreshFolder("device_test"), kSeparateMemoryDevice, 1e-3);
}

}  // namespace
}  // namespace strobe::model
