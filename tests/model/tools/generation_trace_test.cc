#include "model/tools/generation_trace.h"

#include <string>

#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

std::string Write(const StateDict& tensors) {
  const std::string path = ::testing::TempDir() + "/initial_latents.safetensors";
  EXPECT_TRUE(WriteSafetensors(path, tensors).ok());
  return path;
}

TEST(ReadInitialLatentsTest, StartAndStepNoiseAreTakenByName) {
  const std::string path = Write({{"initial_noise", at::full({1, 2, 3, 4}, 1.0)},
                                  {"step_noise_2", at::full({1, 2, 3, 4}, 2.0)},
                                  {"latents_0", at::full({1}, 3.0)}});
  SamplingOverrides overrides;
  ASSERT_TRUE(ReadInitialLatents(path, overrides).ok());
  EXPECT_TRUE(at::equal(overrides.initial_noise, at::full({1, 2, 3, 4}, 1.0)));
  ASSERT_EQ(overrides.step_noise.size(), 3u);
  EXPECT_FALSE(overrides.step_noise[0].defined());
  EXPECT_TRUE(at::equal(overrides.step_noise[2], at::full({1, 2, 3, 4}, 2.0)));
}

TEST(ReadInitialLatentsTest, AFileWithoutEitherIsRefusedByName) {
  SamplingOverrides overrides;
  const std::string path = Write({{"latents", at::full({1}, 1.0)}});
  EXPECT_THAT(std::string(ReadInitialLatents(path, overrides).message()),
              HasSubstr("holds neither initial_noise nor step_noise_<i>"));
  EXPECT_FALSE(ReadInitialLatents("/no/such/file.safetensors", overrides).ok());
  EXPECT_FALSE(ReadInitialLatents(Write({{"step_noise_x", at::full({1}, 1.0)}}), overrides).ok());
}

}  // namespace
}  // namespace strobe::model
