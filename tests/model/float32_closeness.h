// Is a float32 result as good as float32 can be?

#ifndef STROBE_TESTS_MODEL_FLOAT32_CLOSENESS_H_
#define STROBE_TESTS_MODEL_FLOAT32_CLOSENESS_H_

#include <algorithm>
#include <limits>

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "tests/model/float32_spread.h"

namespace strobe::model {

inline double RmsOf(const at::Tensor& values) {
  return values.to(at::kDouble).square().mean().sqrt().item<double>();
}

// `reference` is another float32 run of the same function, and `exact` its run in float64. The root
// mean square of the result's errors may be kFloat32Spread times that of the reference's, which
// counts as one unit in the last place of the values' root mean square at least.
inline ::testing::AssertionResult IsAsCloseAsFloat32Is(const at::Tensor& result,
                                                       const at::Tensor& reference,
                                                       const at::Tensor& exact) {
  const double unit = std::numeric_limits<float>::epsilon() * RmsOf(exact);
  const double limit = kFloat32Spread * std::max(RmsOf(reference.to(at::kDouble) - exact), unit);
  const double error = RmsOf(result.to(at::kDouble) - exact);
  if (error <= limit) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "off by " << error << ", the limit is " << limit;
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_FLOAT32_CLOSENESS_H_
