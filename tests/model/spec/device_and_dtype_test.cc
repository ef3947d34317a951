#include "model/spec/device_and_dtype.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

TEST(DeviceNameTest, TheCpuAndCudaDevicesAreKnown) {
  EXPECT_FALSE(ParseDeviceName("cpu")->is_cuda);
  EXPECT_TRUE(ParseDeviceName("cuda")->is_cuda);
  EXPECT_EQ(ParseDeviceName("cuda")->index, 0);
  EXPECT_EQ(ParseDeviceName("cuda:127")->index, 127);
}

TEST(DeviceNameTest, EverythingElseIsRefusedByItsName) {
  for (const char* bad :
       {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:0:1", "cpu:0", "cuda:128"}) {
    const absl::Status status = ParseDeviceName(bad).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("use cpu or cuda:N")) << bad;
  }
}

TEST(DtypeTest, EveryDtypeIsFoundByItsName) {
  for (const Dtype dtype : {Dtype::kFloat32, Dtype::kFloat16, Dtype::kBfloat16}) {
    EXPECT_EQ(*ParseDtype(DtypeName(dtype)), dtype);
  }
  EXPECT_EQ(DtypeName(Dtype::kBfloat16), "bfloat16");
  EXPECT_THAT(std::string(ParseDtype("int8").status().message()), HasSubstr("'int8'"));
}

}  // namespace
}  // namespace strobe::model
