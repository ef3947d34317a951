#include "server/requests/request_ledger.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "server/base/request_error.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

absl::Status Error(absl::StatusCode code, const std::string& reason) {
  const std::optional<Reason> known = ReasonNamed(reason);
  return known.has_value() ? RequestError(code, "", {.reason = *known}) : absl::Status(code, "");
}

TEST(RequestLedgerTest, ClassifiesEveryEnd) {
  using Code = absl::StatusCode;
  struct Case {
    Code code;
    std::string reason;
    Outcome at_the_door;
    Outcome after_admission;
  };
  for (const Case& c : std::vector<Case>{
           {Code::kInvalidArgument, "INVALID_REQUEST", Outcome::kInvalid, Outcome::kFailed},
           {Code::kNotFound, "MODEL_NOT_FOUND", Outcome::kInvalid, Outcome::kFailed},
           {Code::kResourceExhausted, "QUEUE_FULL", Outcome::kRejected, Outcome::kFailed},
           {Code::kResourceExhausted, "SLOW_READER", Outcome::kRejected, Outcome::kFailed},
           {Code::kUnavailable, "DRAINING", Outcome::kRejected, Outcome::kFailed},
           {Code::kDeadlineExceeded, "DEADLINE_EXPIRED", Outcome::kExpired, Outcome::kExpired},
           {Code::kDeadlineExceeded, "DEADLINE_INFEASIBLE", Outcome::kRejected, Outcome::kExpired},
           {Code::kCancelled, "CANCELLED", Outcome::kCancelled, Outcome::kCancelled},
           {Code::kInternal, "INTERNAL", Outcome::kFailed, Outcome::kFailed},
           {Code::kDataLoss, "DATA_LOSS", Outcome::kFailed, Outcome::kFailed}}) {
    EXPECT_EQ(OutcomeOf(Error(c.code, c.reason), false), c.at_the_door) << c.reason;
    EXPECT_EQ(OutcomeOf(Error(c.code, c.reason), true), c.after_admission) << c.reason;
  }
  EXPECT_EQ(OutcomeOf(absl::OkStatus(), true), Outcome::kOk);
}

TEST(RequestLedgerTest, CountsTheStartOnceAndTheEndOnce) {
  FakeClock clock;
  prometheus::Registry registry;
  RequestMetrics metrics{registry};
  RequestsInFlight in_flight;
  std::vector<RequestRecord> records;
  {
    RequestLedger ledger(
        metrics, clock, in_flight, [&](const auto& record) { records.push_back(record); }, "id");
    EXPECT_EQ(metrics.started_total.Value(), 1);
    EXPECT_EQ(metrics.in_flight.Value(), 1);
    EXPECT_EQ(in_flight.count(), 1);
    ledger.Admitted();
    clock.Advance(absl::Seconds(2));
    EXPECT_EQ(metrics.images_total.Value(), 0);
    ledger.ImageSent();
    clock.Advance(absl::Seconds(1));
    ledger.ImageSent();
    ledger.Close(absl::OkStatus());
    ledger.Close(absl::InternalError("too late"));
  }
  EXPECT_EQ(metrics.in_flight.Value(), 0);
  EXPECT_EQ(in_flight.count(), 0);
  EXPECT_EQ(MetricValue(registry, "strobe_requests_total{outcome=\"ok\",reason=\"OK\"}"), 1);
  EXPECT_EQ(MetricValue(registry, "strobe_time_to_first_image_seconds_sum"), 2);
  EXPECT_EQ(MetricValue(registry, "strobe_request_duration_seconds_sum"), 3);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].outcome, Outcome::kOk);
  EXPECT_EQ(records[0].images_sent, 2);
  EXPECT_EQ(metrics.images_total.Value(), 2);
  EXPECT_EQ(records[0].time_to_first_image, absl::Seconds(2));
}

TEST(RequestLedgerTest, AbandonedRequestsAreFailures) {
  FakeClock clock;
  prometheus::Registry registry;
  RequestMetrics metrics{registry};
  RequestsInFlight in_flight;
  { RequestLedger ledger(metrics, clock, in_flight, nullptr, "id"); }
  EXPECT_EQ(metrics.in_flight.Value(), 0);
  EXPECT_EQ(in_flight.count(), 0);
  EXPECT_EQ(MetricValue(registry, "strobe_requests_total{outcome=\"failed\",reason=\"INTERNAL\"}"),
            1);
}

TEST(RequestLedgerTest, KnowsEveryReasonItCanMeet) {
  FakeClock clock;
  prometheus::Registry registry;
  RequestMetrics metrics{registry};
  RequestsInFlight in_flight;
  for (const auto& [code, reason] : std::vector<std::pair<absl::StatusCode, std::string>>{
           {absl::StatusCode::kInvalidArgument, "INVALID_REQUEST"},
           {absl::StatusCode::kInvalidArgument, "UNDECODABLE_REQUEST"},
           {absl::StatusCode::kInvalidArgument, "INVALID_UTF8"},
           {absl::StatusCode::kNotFound, "MODEL_NOT_FOUND"},
           {absl::StatusCode::kResourceExhausted, "QUEUE_FULL"},
           {absl::StatusCode::kResourceExhausted, "CALLER_QUOTA"},
           {absl::StatusCode::kUnavailable, "DRAINING"},
           {absl::StatusCode::kUnavailable, "WARMING_UP"},
           {absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXPIRED"},
           {absl::StatusCode::kDeadlineExceeded, "DEADLINE_INFEASIBLE"},
           {absl::StatusCode::kInvalidArgument, "REVISION_NOT_GROWING"},
           {absl::StatusCode::kCancelled, "CANCELLED"},
           {absl::StatusCode::kCancelled, "SUPERSEDED"}}) {
    RequestLedger(metrics, clock, in_flight, nullptr, "id").Close(Error(code, reason));
    const std::string outcome(OutcomeName(OutcomeOf(Error(code, reason), false)));
    EXPECT_EQ(MetricValue(registry, "strobe_requests_total{outcome=\"" + outcome + "\",reason=\"" +
                                        reason + "\"}"),
              1)
        << reason;
  }
}

}  // namespace
}  // namespace strobe::server
