#include "server/batching/service_meter.h"

#include <string>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);

TEST(ServiceMeterTest, CountsWhatIsCharged) {
  ServiceMeter<std::string> meter;
  meter.Enter("a");
  meter.Charge("a", 3 * kSecond);
  meter.Charge("a", kSecond);
  meter.Charge("nobody", kSecond);
  EXPECT_EQ(meter.Service("a"), 4 * kSecond);
}

TEST(ServiceMeterTest, ANewcomerStartsLevelWithTheLeastServed) {
  ServiceMeter<std::string> meter;
  meter.Enter("a");
  meter.Enter("b");
  meter.Charge("a", 9 * kSecond);
  meter.Charge("b", 5 * kSecond);
  EXPECT_EQ(meter.Service("c"), 5 * kSecond);
  meter.Enter("c");
  EXPECT_EQ(meter.Service("c"), 5 * kSecond);
}

TEST(ServiceMeterTest, IdleTimeEarnsNothingAndLeavingForgets) {
  ServiceMeter<std::string> meter;
  meter.Enter("busy");
  meter.Enter("idle");
  meter.Enter("idle");
  meter.Leave("idle");
  meter.Charge("idle", kSecond);
  EXPECT_EQ(meter.Service("idle"), kSecond);  // one sample is still there
  meter.Leave("idle");
  meter.Charge("busy", 7 * kSecond);
  meter.Enter("idle");
  EXPECT_EQ(meter.Service("idle"), 7 * kSecond);
}

}  // namespace
}  // namespace strobe::server
