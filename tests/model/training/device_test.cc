// Training where tensors of the device and of the host may not meet.

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "tests/model/training/device_runs.h"
#include "tests/model/training/separate_memory_device.h"

namespace strobe::model {
namespace {

TEST(DeviceTest, TheDeviceOfTheseTestsRefusesTensorsOfTheHost) {
  const at::Tensor there = at::ones({2}).to(kSeparateMemoryDevice);
  EXPECT_ANY_THROW(there + at::ones({2}));
  EXPECT_EQ((there + at::ones({})).sum().item<float>(), 4.0f);
}

TEST(DeviceTest, EveryRunOnADeviceIsThatOfTheCpu) {
  ExpectEveryRunAsOnTheCpu(FreshFolder("device_test"), kSeparateMemoryDevice, 1e-3);
}

}  // namespace
}  // namespace strobe::model
