// Training on a GPU; skipped where there is none.

#include <gtest/gtest.h>

#include "model/pipeline/torch_call.h"
#include "tests/model/training/device_runs.h"

namespace strobe::model {
namespace {

class CudaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const absl::Status available = CheckDevice(device_);
    if (!available.ok()) GTEST_SKIP() << available.message();
  }

  const at::Device device_{at::kCUDA, 0};
};

TEST_F(CudaTest, EveryRunIsThatOfTheCpuUpToRounding) {
  ExpectEveryRunAsOnTheCpu(FreshFolder("cuda_test"), device_, 2e-2);
}

TEST_F(CudaTest, BFloat16TrainsAndTheMetricsHaveTheMemoryOfTheGpu) {
  const std::filesystem::path root = FreshFolder("cuda_test_bfloat16");
  RunOptions options = RunIn(root, "teacher");
  options.device = device_;
  ASSERT_TRUE(RunTraining(*MakeTrainingRecipe("smoke", {}), options).ok());
  std::ifstream file(root / "teacher.work/metrics.jsonl");
  std::string line;
  ASSERT_TRUE(std::getline(file, line));
  EXPECT_GT(nlohmann::json::parse(line).at("peak_device_memory_mib").get<double>(), 0.0);
}

}  // namespace
}  // namespace strobe::model
