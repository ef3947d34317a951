#include "server/rpc/call_metadata.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

gpr_timespec At(int64_t seconds, int nanos = 0) { return {seconds, nanos, GPR_CLOCK_MONOTONIC}; }

TEST(CallMetadataTest, TakesOverOnlyHarmlessRequestIds) {
  EXPECT_TRUE(IsValidRequestId("a"));
  EXPECT_TRUE(IsValidRequestId("7f3c-AB_:/~!"));
  EXPECT_TRUE(IsValidRequestId(std::string(128, 'x')));
  EXPECT_FALSE(IsValidRequestId(""));
  EXPECT_FALSE(IsValidRequestId(std::string(129, 'x')));
  EXPECT_FALSE(IsValidRequestId("two words"));
  EXPECT_FALSE(IsValidRequestId("line\nbreak"));
  EXPECT_FALSE(IsValidRequestId("\xc3\xa4"));
}

TEST(CallMetadataTest, CallersOfOneHostAreOneCaller) {
  EXPECT_EQ(WithoutPort("ipv4:10.0.0.7:4711"), "ipv4:10.0.0.7");
  EXPECT_EQ(WithoutPort("ipv6:[::1]:4711"), "ipv6:[::1]");
  EXPECT_EQ(WithoutPort("ipv6:%5B::1%5D:4711"), "ipv6:%5B::1%5D");
  EXPECT_EQ(WithoutPort("unix:/run/strobe:1.sock"), "unix:/run/strobe:1.sock");
  EXPECT_EQ(WithoutPort(""), "");
}

TEST(CallMetadataTest, RemainingTimeIsTheDifference) {
  EXPECT_EQ(RemainingTime(At(110, 5), At(100, 2)), absl::Seconds(10) + absl::Nanoseconds(3));
  EXPECT_EQ(RemainingTime(At(110, 2), At(100, 5)), absl::Seconds(10) - absl::Nanoseconds(3));
  EXPECT_EQ(RemainingTime(At(99), At(100)), absl::Seconds(-1));
}

TEST(CallMetadataTest, AbsurdDeadlinesAreNone) {
  const int64_t max = std::numeric_limits<int64_t>::max();
  const int64_t min = std::numeric_limits<int64_t>::min();
  for (const int64_t seconds : {max, max - 1, min, min + 1, int64_t{-9000000000}}) {
    EXPECT_EQ(RemainingTime(At(seconds), At(100)), absl::InfiniteDuration()) << seconds;
  }
  EXPECT_EQ(RemainingTime(gpr_inf_future(GPR_CLOCK_MONOTONIC), At(100)), absl::InfiniteDuration());
}

}  // namespace
}  // namespace strobe::server
