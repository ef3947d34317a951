// Numbers for tests.

#ifndef STROBE_TESTS_MODEL_REPEATABLE_NORMAL_H_
#define STROBE_TESTS_MODEL_REPEATABLE_NORMAL_H_

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>

namespace strobe::model {

// Standard normal, float32, of `shape`. LibTorch's own generator has another seed in each process:
// a test that fails once in a hundred runs cannot be looked into.
inline at::Tensor RepeatableNormal(at::IntArrayRef shape) {
  static at::Generator generator = at::detail::createCPUGenerator(/*seed_val=*/1);
  return at::randn(shape, generator);
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_REPEATABLE_NORMAL_H_
