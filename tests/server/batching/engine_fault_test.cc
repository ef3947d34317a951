#include "server/batching/engine_fault.h"

#include <gtest/gtest.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

TEST(EngineFaultTest, TheCodeSaysWhatAnErrorMeans) {
  EXPECT_EQ(FaultOf(absl::ResourceExhaustedError("no memory")), EngineFault::kOutOfMemory);
  EXPECT_EQ(FaultOf(absl::UnavailableError("illegal address")), EngineFault::kDeviceLost);
  EXPECT_EQ(FaultOf(absl::InternalError("shape")), EngineFault::kError);
  EXPECT_EQ(FaultOf(absl::FailedPreconditionError("order")), EngineFault::kError);
}

TEST(EngineFaultTest, CallersHearWhetherToTryAgain) {
  EXPECT_EQ(ReasonOf(RequestErrorOf(EngineFault::kError)), "ENGINE_FAILURE");
  EXPECT_EQ(RequestErrorOf(EngineFault::kNotFinite).code(), absl::StatusCode::kInternal);
  const absl::Status too_large = RequestErrorOf(EngineFault::kOutOfMemory);
  EXPECT_EQ(too_large.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(too_large), "OUT_OF_MEMORY");
  EXPECT_EQ(DetailsOf(too_large).retry_delay, absl::ZeroDuration());  // it would not fit then
  for (const EngineFault fault : {EngineFault::kDeviceLost, EngineFault::kHung}) {
    const absl::Status lost = RequestErrorOf(fault);
    EXPECT_EQ(lost.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(lost), "DEVICE_FAULT");
    EXPECT_GT(DetailsOf(lost).retry_delay, absl::ZeroDuration());
  }
}

TEST(EngineFaultTest, AStageHangsAtTwentyTimesItsTimeButNeverEarly) {
  constexpr BatchKey kKey{0, 512, 512};
  CostModel costs;
  costs.Observe(Stage::kDenoise, kKey, 1, absl::Seconds(2));
  EXPECT_EQ(HangLimit(costs, Stage::kDenoise, kKey, 1, absl::Seconds(30)), absl::Seconds(40));
  EXPECT_EQ(HangLimit(costs, Stage::kDenoise, kKey, 1, absl::Seconds(60)), absl::Seconds(60));
  // A size of four times the pixels that was never run.
  EXPECT_EQ(HangLimit(costs, Stage::kDenoise, {0, 1024, 1024}, 1, absl::Seconds(60)),
            absl::Seconds(160));
  EXPECT_EQ(HangLimit(costs, Stage::kDecode, kKey, 1, absl::Seconds(60)), absl::Seconds(60));
}

}  // namespace
}  // namespace strobe::server
