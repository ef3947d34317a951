#include "workload/workload.h"

#include <array>
#include <map>
#include <set>

#include "gtest/gtest.h"

namespace strobe::workload {
namespace {

Workload TwoClasses() {
  RequestClass small;
  small.name = "small";
  small.weight = 3;
  small.steps = {1, 2, 3};
  RequestClass large;
  large.name = "large";
  large.sizes = {{128, 96}, {64, 64}};
  large.cancel_share = 0.5;
  large.cancel_after = absl::Milliseconds(20);
  return Workload({small, large});
}

TEST(WorkloadTest, ClassesComeInProportionToTheirWeights) {
  const Workload workload = TwoClasses();
  std::array<int, 2> counts = {};
  for (int i = 0; i < 40'000; ++i) ++counts[workload.Draw(1, i).class_index];
  EXPECT_NEAR(counts[0], 30'000, 500);
  EXPECT_NEAR(counts[1], 10'000, 500);
}

TEST(WorkloadTest, StepsSizesAndCancellationsAreDrawnEvenly) {
  const Workload workload = TwoClasses();
  std::map<int, int> steps, widths;
  int cancelled = 0;
  for (int i = 0; i < 40'000; ++i) {
    const RequestDraw draw = workload.Draw(1, i);
    ++(draw.class_index == 0 ? steps[draw.steps] : widths[draw.size.width]);
    cancelled += draw.cancel_after == absl::Milliseconds(20);
  }
  EXPECT_EQ(steps.size(), 3u);
  for (const auto& [step, count] : steps) EXPECT_NEAR(count, 10'000, 400);
  for (const auto& [width, count] : widths) EXPECT_NEAR(count, 5'000, 300);
  EXPECT_NEAR(cancelled, 5'000, 300);
}

TEST(WorkloadTest, ARequestDependsOnSeedAndNumberAlone) {
  const Workload workload = TwoClasses();
  const RequestDraw forward = workload.Draw(5, 999);
  for (int i = 0; i < 10; ++i) workload.Draw(5, i);
  EXPECT_EQ(workload.Draw(5, 999).seed, forward.seed);
  EXPECT_EQ(workload.Draw(5, 999).steps, forward.steps);
  EXPECT_NE(workload.Draw(6, 999).seed, forward.seed);
}

TEST(WorkloadTest, EveryRequestHasASeedOfItsOwn) {
  const Workload workload = TwoClasses();
  std::set<uint64_t> seeds;
  for (int i = 0; i < 10'000; ++i) seeds.insert(workload.Draw(1, i).seed);
  EXPECT_EQ(seeds.size(), 10'000u);
}

TEST(WorkloadTest, TheShapePromptsAreAllDifferent) {
  const auto prompts = ShapePrompts();
  EXPECT_EQ(std::set<std::string>(prompts.begin(), prompts.end()).size(), 240u);
}

}  // namespace
}  // namespace strobe::workload
