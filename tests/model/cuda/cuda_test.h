// Tests that need a CUDA device.

#ifndef STROBE_TESTS_MODEL_CUDA_CUDA_TEST_H_
#define STROBE_TESTS_MODEL_CUDA_CUDA_TEST_H_

#include <ATen/core/Tensor.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

namespace strobe::model {

// Skips where there is none. Without gradients, as pipelines run.
class CudaTest : public testing::Test {
 protected:
  void SetUp() override {
    if (at::detail::getCUDAHooks().deviceCount() == 0) GTEST_SKIP() << "no CUDA device";
  }

  static at::Tensor OnDevice(const at::Tensor& tensor) { return tensor.to(kDevice); }

  static inline const at::Device kDevice = at::Device(at::kCUDA, 0);

 private:
  const c10::InferenceMode inference_;
};

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_CUDA_CUDA_TEST_H_
