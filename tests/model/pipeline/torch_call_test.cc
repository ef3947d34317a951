#include "model/pipeline/torch_call.h"

#include <new>
#include <stdexcept>

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

template <typename Thrown>
absl::Status StatusOf(const Thrown& thrown) {
  return CallTorch("a stage", [&]() -> absl::Status { throw thrown; });
}

TEST(TorchCallTest, ErrorsNameTheStageAndHoldNoBacktrace) {
  const absl::Status status = CallTorch("a stage", [] {
    TORCH_CHECK(false, "shapes do not fit");
    return absl::OkStatus();
  });
  EXPECT_EQ(status, absl::InternalError("a stage: shapes do not fit"));
  EXPECT_EQ(StatusOf(std::runtime_error("broken")), absl::InternalError("a stage: broken"));
}

TEST(TorchCallTest, MemoryThatRanOutIsToldFromOtherErrors) {
  EXPECT_TRUE(absl::IsResourceExhausted(StatusOf(std::bad_alloc())));
  EXPECT_TRUE(absl::IsResourceExhausted(StatusOf(c10::OutOfMemoryError({}, "10 GiB"))));
  EXPECT_TRUE(absl::IsResourceExhausted(
      StatusOf(c10::Error({}, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublas"))));
  EXPECT_TRUE(absl::IsResourceExhausted(
      StatusOf(c10::AcceleratorError({}, /*cudaErrorMemoryAllocation*/ 2, "out of memory"))));
}

TEST(TorchCallTest, MoreThanTheHostHasIsMemoryThatRanOut) {
  const absl::Status status = CallTorch("a stage", [] {
    at::empty({int64_t{1} << 50}, at::kFloat);
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

TEST(TorchCallTest, ErrorsAfterWhichTheDeviceIsLostAreUnavailable) {
  for (const int code : {700, 719}) {
    const absl::Status status =
        StatusOf(c10::AcceleratorError({}, code, "an illegal memory access was encountered"));
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("illegal memory access"));
  }
  constexpr int kInvalidConfiguration = 9;
  EXPECT_TRUE(
      absl::IsInternal(StatusOf(c10::AcceleratorError({}, kInvalidConfiguration, "invalid"))));
}

}  // namespace
}  // namespace strobe::model
