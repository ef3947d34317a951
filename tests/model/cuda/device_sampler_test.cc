#include "model/cuda/device_sampler.h"

#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ne.h>

#include "model/sampling/seeded_noise.h"
#include "tests/model/cuda/cuda_test.h"
#include "tests/model/sampling/step_rules.h"

namespace strobe::model {
namespace {

class DeviceSamplerTest : public CudaTest {
 protected:
  // More than one launch takes.
  DeviceSamplerTest() {
    while (rules_.size() < 40) {
      for (const StepRule& rule : RulesOfEveryKind()) rules_.push_back(rule);
    }
  }

  // Not a multiple of the four values that a thread works on.
  at::Tensor Random(uint64_t seed) const {
    return UnitNormal(seed, 0, {static_cast<int64_t>(rules_.size()), 5, 3, 7});
  }

  std::vector<StepRule> rules_;
};

void ExpectSameNoise(const at::Tensor& device, const at::Tensor& cpu) {
  const at::Tensor ours = device.cpu();
  ASSERT_EQ(ours.sizes(), cpu.sizes());
  EXPECT_LE((ours - cpu).abs().max().item<float>(), 1e-6f);
  EXPECT_LE(at::ne(ours, cpu).sum().item<int64_t>(), cpu.numel() / 10000);
}

TEST_F(DeviceSamplerTest, NoiseIsThatOfTheCpu) {
  for (const int64_t count : {1, 3, 4, 511, 100003}) {
    const uint64_t seed = 1ull << 33 | 7, stream = StepNoiseStream(2);
    ExpectSameNoise(UnitNormal(seed, stream, {count}, kDevice), UnitNormal(seed, stream, {count}));
  }
}

TEST_F(DeviceSamplerTest, AStepWithGivenNoiseHasTheBitsOfTheCpu) {
  const at::Tensor output = Random(1), x = Random(2), start = Random(3), z = Random(4);
  std::vector<NoiseSource> sources;
  for (size_t i = 0; i < rules_.size(); ++i) {
    sources.push_back({i, 1, z[static_cast<int64_t>(i)]});
  }
  const StepResult expected = ApplyStep(output, x, rules_, start, z);
  // Layouts that are not dense are the caller's right.
  const at::Tensor channels_last = OnDevice(output.contiguous(at::MemoryFormat::ChannelsLast));
  const StepResult step =
      DrawAndApplyStep(channels_last, OnDevice(x), rules_, OnDevice(start), sources);
  EXPECT_TRUE(at::equal(step.denoised.cpu(), expected.denoised));
  EXPECT_TRUE(at::equal(step.latents.cpu(), expected.latents));
}

TEST_F(DeviceSamplerTest, AStepDrawsTheNoiseOfTheCpuAndUsesIt) {
  const at::Tensor output = Random(1), x = Random(2), start = Random(3);
  std::vector<NoiseSource> sources;
  for (size_t i = 0; i < rules_.size(); ++i) sources.push_back({i, StepNoiseStream(1), {}});
  const StepResult step =
      DrawAndApplyStep(OnDevice(output), OnDevice(x), rules_, OnDevice(start), sources);
  const StepResult expected = ApplyStep(output, x, rules_, start, step.noise.cpu());
  EXPECT_TRUE(at::equal(step.latents.cpu(), expected.latents));
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!rules_[i].DrawsNoise()) continue;
    const at::Tensor row = step.noise[static_cast<int64_t>(i)];
    ExpectSameNoise(row, UnitNormal(i, StepNoiseStream(1), row.sizes()));
  }
}

TEST_F(DeviceSamplerTest, ARowGivesTheSameBitsInAnyCompany) {
  const at::Tensor output = OnDevice(Random(1)), x = OnDevice(Random(2));
  const at::Tensor start = OnDevice(Random(3));
  const std::vector<NoiseSource> sources(rules_.size(), NoiseSource{5, 1, {}});
  const StepResult together = DrawAndApplyStep(output, x, rules_, start, sources);
  for (size_t i = 0; i < rules_.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    const auto only = [row](const at::Tensor& tensor) { return tensor.narrow(0, row, 1); };
    const StepResult alone =
        DrawAndApplyStep(only(output), only(x), {rules_[i]}, only(start), {sources[i]});
    EXPECT_TRUE(at::equal(only(together.latents), alone.latents)) << i;
  }
}

}  // namespace
}  // namespace strobe::model
