// Is a float32 result as good as float32 can be?

#ifndef STROBE_TESTS_MODEL_FLOAT32_CLOSENESS_H_
#define STROBE_TESTS_MODEL_FLOAT32_CLOSENESS_H_

#include <algorithm>
#include <limits>

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "tests/model/float32_spread.h"

namespace strobe::model {

inline double LargestError(const at::Tensor& result, const at::Tensor& exact) {
  return (result.to(at::kDouble) - exact).abs().max().item<double>();
}

// `reference` is another float32 run of the same function, and `exact` its run in float64. The
// result may be off by kFloat32Spread times as much as the reference is, which counts as off by one
// unit in the last place of the largest value at least.
inline ::testing::AssertionResult IsAsCloseAsFloat32Is(const at::Tensor& result,
                                                       const at::Tensor& reference,
                                                       const at::Tensor& exact) {
  const double unit = std::numeric_limits<float>::epsilon() * exact.abs().max().item<double>();
  const double limit = kFloat32Spread * std::max(LargestError(reference, exact), unit);
  const double error = LargestError(result, exact);
  if (error <= limit) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "off by " << error << ", the limit is " << limit;
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_FLOAT32_CLOSENESS_H_
