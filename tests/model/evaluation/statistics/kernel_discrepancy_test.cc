#include "model/evaluation/statistics/kernel_discrepancy.h"

#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "model/sampling/seeded_noise.h"

namespace strobe::model {
namespace {

TEST(KernelDiscrepancyTest, IsTheFormulaOnThreePoints) {
  // References 0, 2 and 4: deviation 2, standardised 0, 1, 2; distances 1, 1, 2: width 1.
  const KernelDiscrepancy discrepancy(at::tensor({0.0f, 2.0f, 4.0f}).view({3, 1}));
  const auto kernel = [](double distance) { return std::exp(-distance * distance / 2.0); };
  const double within = (2 * kernel(1) + kernel(2)) / 3;
  const double own = kernel(2);  // of 6 and 10, standardised 3 and 5
  const double between =
      (kernel(3) + kernel(2) + kernel(1) + kernel(5) + kernel(4) + kernel(3)) / 6;
  EXPECT_NEAR(discrepancy.DistanceTo(at::tensor({6.0f, 10.0f}).view({2, 1})),
              own + within - 2 * between, 1e-6);
}

TEST(KernelDiscrepancyTest, IsUnbiasedForSamplesOfOneDistribution) {
  double sum = 0.0;
  double square = 0.0;
  constexpr int kRuns = 40;
  for (uint64_t run = 0; run < kRuns; ++run) {
    const KernelDiscrepancy discrepancy(UnitNormal(run, 0, {300, 16}));
    const double distance = discrepancy.DistanceTo(UnitNormal(run, 1, {50, 16}));
    sum += distance;
    square += distance * distance;
  }
  EXPECT_LT(std::abs(sum), 3.0 * std::sqrt(square));
}

TEST(KernelDiscrepancyTest, SeesAShiftAndANarrowing) {
  const KernelDiscrepancy discrepancy(UnitNormal(1, 0, {1000, 16}));
  const at::Tensor same = UnitNormal(1, 1, {500, 16});
  EXPECT_GT(discrepancy.DistanceTo(same + 0.5), 20 * std::abs(discrepancy.DistanceTo(same)));
  EXPECT_GT(discrepancy.DistanceTo(0.7 * same), 20 * std::abs(discrepancy.DistanceTo(same)));
}

TEST(KernelDiscrepancyTest, ResamplesOfOneOfEachAreTheSampleAndCopiesAreNotCompared) {
  const KernelDiscrepancy discrepancy(UnitNormal(1, 0, {100, 4}));
  const at::Tensor features = UnitNormal(1, 1, {6, 4});
  const at::Tensor counts =
      at::tensor({1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 1.0f, 2.0f, 2.0f, 2.0f, 0.0f, 0.0f, 0.0f})
          .view({2, 6});
  const at::Tensor distances = discrepancy.ResampledDistances(features, counts);
  EXPECT_NEAR(distances[0].item<double>(), discrepancy.DistanceTo(features), 1e-9);
  // Twice each of three rows is as those three once.
  EXPECT_NEAR(distances[1].item<double>(), discrepancy.DistanceTo(features.narrow(0, 0, 3)), 1e-6);
}

}  // namespace
}  // namespace strobe::model
