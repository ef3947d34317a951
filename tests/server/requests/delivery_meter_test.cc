#include "server/requests/delivery_meter.h"

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

constexpr absl::Duration kAmple = absl::Minutes(10);

// 1 to 100 times `unit`, in an order that has no run.
void ObserveUniform(DeliveryMeter& meter, absl::Duration unit, int times) {
  for (int i = 0; i < times; ++i) meter.Observe(unit * (1 + (i * 37) % 100));
}

TEST(DeliveryMeterTest, NothingIsKeptFreeBeforeAnythingWasSent) {
  EXPECT_EQ(DeliveryMeter().MarginFor(kAmple), absl::ZeroDuration());
}

TEST(DeliveryMeterTest, KeepsTwiceTheTimeOfNineInTen) {
  for (const absl::Duration unit : {absl::Microseconds(5), absl::Milliseconds(20)}) {
    DeliveryMeter meter;
    ObserveUniform(meter, unit, 20000);
    EXPECT_NEAR(meter.MarginFor(kAmple) / (2 * unit), 90, 6) << unit;
  }
}

TEST(DeliveryMeterTest, FollowsWhatGetsFaster) {
  DeliveryMeter meter;
  ObserveUniform(meter, absl::Milliseconds(10), 20000);
  ObserveUniform(meter, absl::Microseconds(10), 20000);
  EXPECT_NEAR(meter.MarginFor(kAmple) / absl::Microseconds(20), 90, 6);
}

TEST(DeliveryMeterTest, KeepsATenthOfTheTimeFreeAtMost) {
  DeliveryMeter meter;
  ObserveUniform(meter, absl::Seconds(1), 5000);
  EXPECT_EQ(meter.MarginFor(absl::Milliseconds(500)), absl::Milliseconds(50));
  EXPECT_LT(meter.MarginFor(absl::InfiniteDuration()), absl::Seconds(200));
}

}  // namespace
}  // namespace strobe::server
