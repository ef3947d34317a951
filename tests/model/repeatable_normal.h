// Numbers for tests.

#ifndef STROBE_TESTS_MODEL_REPEATABLE_NORMAL_H_
#define STROBE_TESTS_MODEL_REPEATABLE_NORMAL_H_

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace strobe::model {

// Standard normal, float32, of `shape`: the same numbers in every run of a test, alone or among
// others. LibTorch's own generator has another seed in each process, so that a test that fails once
// in a hundred runs could not be looked into.
inline at::Tensor RepeatableNormal(at::IntArrayRef shape) {
  static at::Generator generator;
  static const testing::TestInfo* test = nullptr;
  const testing::TestInfo* const now = testing::UnitTest::GetInstance()->current_test_info();
  if (!generator.defined() || test != now) {
    generator = at::detail::createCPUGenerator(/*seed_val=*/1);
    test = now;
  }
  return at::randn(shape, generator);
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_REPEATABLE_NORMAL_H_
