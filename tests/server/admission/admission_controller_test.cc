#include "server/admission/admission_controller.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

using State = AdmissionController::State;
using testing::Contains;
using testing::Key;

constexpr BatchKey kKey{0, 64, 64};

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = absl::FromUnixSeconds(1000);
};

// 10 ms for the text, 20 ms a step, 30 ms for decoding; batches of 4 cost as much as one alone.
CostModel MeasuredCosts() {
  CostModel costs;
  for (const int batch_size : {1, 4}) {
    costs.Observe(Stage::kEncodePrompt, kKey, batch_size, absl::Milliseconds(10));
    costs.Observe(Stage::kDenoise, kKey, batch_size, absl::Milliseconds(20));
    costs.Observe(Stage::kDecode, kKey, batch_size, absl::Milliseconds(30));
  }
  return costs;
}

class AdmissionControllerTest : public testing::Test {
 protected:
  AdmissionController& Controller(const AdmissionOptions& options = {}) {
    controller_.emplace(options, clock_, metrics_, [this](const AdmissionRequest& request) {
      return Forecast(request, load_, /*wait=*/load_.predicted_work, DeviceCosts(costs_),
                      /*max_batch_size=*/4);
    });
    controller_->SetState(State::kServing);
    return *controller_;
  }

  AdmissionRequest Request(int num_samples = 1) {
    AdmissionRequest request;
    request.num_samples = num_samples;
    request.key = kKey;
    request.denoise_steps = request.least_denoise_steps = 2;
    request.arrival = clock_.now;
    request.caller = "ipv4:10.0.0.7";
    return request;
  }

  static void ExpectRefused(const absl::StatusOr<AdmissionController::Ticket>& ticket,
                            absl::StatusCode code, const std::string& reason) {
    ASSERT_FALSE(ticket.ok());
    EXPECT_EQ(ticket.status().code(), code) << ticket.status();
    EXPECT_EQ(ReasonOf(ticket.status()), reason);
  }

  FixedClock clock_;
  prometheus::Registry registry_;
  AdmissionMetrics metrics_{registry_};
  BatcherLoad load_;
  CostModel costs_;
  std::optional<AdmissionController> controller_;
};

TEST_F(AdmissionControllerTest, RefusesUntilItServesAndWhileItDrains) {
  AdmissionController& controller = Controller();
  controller.SetState(State::kWarmingUp);
  ExpectRefused(controller.Admit(Request()), absl::StatusCode::kUnavailable, "WARMING_UP");
  controller.SetState(State::kServing);
  EXPECT_TRUE(controller.Admit(Request()).ok());
  controller.SetState(State::kDraining);
  const auto refused = controller.Admit(Request());
  ExpectRefused(refused, absl::StatusCode::kUnavailable, "DRAINING");
  EXPECT_GT(DetailsOf(refused.status()).retry_delay, absl::ZeroDuration());
}

TEST_F(AdmissionControllerTest, StartsWarmingUp) {
  AdmissionController controller({}, clock_, metrics_,
                                 [](const AdmissionRequest&) { return LoadForecast(); });
  EXPECT_EQ(controller.state(), State::kWarmingUp);
}

TEST_F(AdmissionControllerTest, TicketsHoldPlacesUntilTheyAreGone) {
  AdmissionController& controller = Controller({.queue_capacity = 5});
  EXPECT_EQ(metrics_.queue_capacity.Value(), 5);
  auto first = controller.Admit(Request(3));
  ASSERT_TRUE(first.ok());
  auto second = controller.Admit(Request(2));
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(controller.reserved_samples(), 5);
  ExpectRefused(controller.Admit(Request(1)), absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
  { AdmissionController::Ticket gone = *std::move(first); }
  EXPECT_EQ(controller.reserved_samples(), 2);
  second->ReleaseSamples();
  second->ReleaseSamples();
  EXPECT_EQ(controller.reserved_samples(), 0);
  EXPECT_TRUE(controller.Admit(Request(5)).ok());
}

TEST_F(AdmissionControllerTest, MovedTicketsReleaseOnce) {
  AdmissionController& controller = Controller({.queue_capacity = 4});
  {
    auto ticket = controller.Admit(Request(2));
    ASSERT_TRUE(ticket.ok());
    AdmissionController::Ticket moved;
    moved = *std::move(ticket);
    EXPECT_EQ(moved.deadline(), clock_.now + absl::Seconds(120));
    EXPECT_EQ(controller.reserved_samples(), 2);
  }
  EXPECT_EQ(controller.reserved_samples(), 0);
}

TEST_F(AdmissionControllerTest, BatchPriorityLeavesTheLastPlacesToInteractiveRequests) {
  AdmissionController& controller = Controller({.queue_capacity = 8});
  AdmissionRequest batch = Request(8);
  batch.batch_priority = true;
  EXPECT_TRUE(controller.Admit(batch).ok());  // nobody else is there
  batch.num_samples = 6;
  const auto held = controller.Admit(batch);
  ASSERT_TRUE(held.ok());
  batch.num_samples = 1;
  const auto refused = controller.Admit(batch);
  ExpectRefused(refused, absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
  EXPECT_GT(DetailsOf(refused.status()).retry_delay, absl::ZeroDuration());
  const auto interactive = controller.Admit(Request(2));
  EXPECT_TRUE(interactive.ok()) << interactive.status();
  ExpectRefused(controller.Admit(Request()), absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
}

TEST_F(AdmissionControllerTest, BatchPriorityIsShedBeforeTheWorkInFrontOfItIsTooMuch) {
  AdmissionController& controller =
      Controller({.queue_capacity = 100, .max_queue_wait = absl::Seconds(4)});
  const auto first = controller.Admit(Request());
  ASSERT_TRUE(first.ok());
  AdmissionRequest batch = Request();
  batch.batch_priority = true;
  load_.predicted_work = absl::Seconds(3);
  EXPECT_TRUE(controller.Admit(batch).ok());
  load_.predicted_work = absl::Milliseconds(3001);
  ExpectRefused(controller.Admit(batch), absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
  EXPECT_TRUE(controller.Admit(Request()).ok());
}

TEST_F(AdmissionControllerTest, FullQueueSaysWhenToComeBack) {
  AdmissionController& controller = Controller({.queue_capacity = 4});
  auto held = controller.Admit(Request(4));
  ASSERT_TRUE(held.ok());
  struct Case {
    absl::Duration work;
    int wanted;
    absl::Duration retry;
  };
  for (const Case& c : std::vector<Case>{{absl::ZeroDuration(), 1, absl::Milliseconds(50)},
                                         {absl::Milliseconds(100), 1, absl::Milliseconds(50)},
                                         {absl::Seconds(8), 1, absl::Seconds(2)},
                                         {absl::Seconds(8), 2, absl::Seconds(4)},
                                         {absl::Seconds(8), 8, absl::Seconds(8)}}) {
    load_.predicted_work = c.work;
    const auto refused = controller.Admit(Request(c.wanted));
    ExpectRefused(refused, absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
    const ErrorDetails details = DetailsOf(refused.status());
    EXPECT_EQ(details.retry_delay, c.retry) << c.work << " " << c.wanted;
    EXPECT_EQ(details.metadata.at("queue_depth"), "4");
    EXPECT_EQ(details.metadata.at("queue_capacity"), "4");
    EXPECT_EQ(details.metadata.at("estimated_wait_ms"),
              std::to_string(absl::ToInt64Milliseconds(c.work)));
  }
}

TEST_F(AdmissionControllerTest, RefusesDeadlinesThatCannotBeMet) {
  AdmissionController& controller = Controller();
  costs_ = MeasuredCosts();  // one sample of 2 steps alone: 10 + 2 * 20 + 30 = 80 ms
  struct Case {
    int wait_ms;
    int budget_ms;
    std::string reason;  // empty: admitted
  };
  for (const Case& c : std::vector<Case>{{0, 80, ""},
                                         {0, 79, "DEADLINE_INFEASIBLE"},
                                         {100, 180, ""},
                                         {100, 179, "DEADLINE_INFEASIBLE"},
                                         {0, 0, "DEADLINE_EXPIRED"},
                                         {0, -5, "DEADLINE_EXPIRED"}}) {
    load_.predicted_work = absl::Milliseconds(c.wait_ms);
    AdmissionRequest request = Request();
    request.deadline = clock_.now + absl::Milliseconds(c.budget_ms);
    const auto ticket = controller.Admit(request);
    if (c.reason.empty()) {
      EXPECT_TRUE(ticket.ok()) << c.wait_ms << " " << c.budget_ms << " " << ticket.status();
      continue;
    }
    ExpectRefused(ticket, absl::StatusCode::kDeadlineExceeded, c.reason);
    EXPECT_EQ(controller.reserved_samples(), 0);
  }
  load_.predicted_work = absl::ZeroDuration();
  AdmissionRequest delivered = Request();
  delivered.delivery = absl::Milliseconds(5);
  delivered.deadline = clock_.now + absl::Milliseconds(84);
  ExpectRefused(controller.Admit(delivered), absl::StatusCode::kDeadlineExceeded,
                "DEADLINE_INFEASIBLE");
  delivered.deadline = clock_.now + absl::Milliseconds(85);
  EXPECT_TRUE(controller.Admit(delivered).ok());
  AdmissionRequest request = Request();
  request.deadline = clock_.now + absl::Milliseconds(10);
  EXPECT_THAT(DetailsOf(controller.Admit(request).status()).metadata,
              Contains(testing::Pair("estimated_duration_ms", "80")));
}

TEST_F(AdmissionControllerTest, PredictedWorkFillsTheQueueToo) {
  AdmissionController& controller = Controller({.max_queue_wait = absl::Seconds(3)});
  load_.predicted_work = absl::Seconds(3);
  EXPECT_TRUE(controller.Admit(Request()).ok());
  load_.predicted_work = absl::Milliseconds(3700);
  const auto refused = controller.Admit(Request());
  ExpectRefused(refused, absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
  EXPECT_EQ(DetailsOf(refused.status()).retry_delay, absl::Milliseconds(700));
}

TEST_F(AdmissionControllerTest, TheLastPlacesAreForCallersBelowTheirShare) {
  AdmissionController& controller = Controller({.queue_capacity = 16});
  AdmissionRequest other = Request();
  other.caller = "ipv4:10.0.0.8";
  std::vector<AdmissionController::Ticket> hog;
  for (int i = 0; i < 10; ++i) hog.push_back(*controller.Admit(Request()));  // alone
  const auto guest = controller.Admit(other);
  ASSERT_TRUE(guest.ok());
  hog.push_back(*controller.Admit(Request()));  // 12 of 16
  ExpectRefused(controller.Admit(Request()), absl::StatusCode::kResourceExhausted, "CALLER_SHARE");
  std::vector<AdmissionController::Ticket> guests;
  for (int i = 0; i < 4; ++i) guests.push_back(*controller.Admit(other));
  ExpectRefused(controller.Admit(other), absl::StatusCode::kResourceExhausted, "QUEUE_FULL");
}

TEST_F(AdmissionControllerTest, ACallerThatIsAloneForAMinuteHasAllPlaces) {
  AdmissionController& controller = Controller({.queue_capacity = 16});
  AdmissionRequest other = Request();
  other.caller = "ipv4:10.0.0.8";
  const auto first = controller.Admit(Request(12));
  { const auto guest = controller.Admit(other); }
  ExpectRefused(controller.Admit(Request()), absl::StatusCode::kResourceExhausted, "CALLER_SHARE");
  clock_.now += absl::Seconds(61);
  EXPECT_TRUE(controller.Admit(Request(4)).ok());
}

TEST_F(AdmissionControllerTest, TimeForTheLeastStepsIsEnough) {
  AdmissionController& controller = Controller();
  costs_ = MeasuredCosts();  // 10 + 20 + 30 = 60 ms with one step, 80 with two
  AdmissionRequest request = Request();
  request.least_denoise_steps = 1;
  request.deadline = clock_.now + absl::Milliseconds(60);
  const auto ticket = controller.Admit(request);
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  EXPECT_EQ(ticket->estimated_duration(), absl::Milliseconds(80));
  request.deadline = clock_.now + absl::Milliseconds(59);
  ExpectRefused(controller.Admit(request), absl::StatusCode::kDeadlineExceeded,
                "DEADLINE_INFEASIBLE");
}

TEST_F(AdmissionControllerTest, JudgesTheRequestByTheBestTimesAndTheQueueByTheMean) {
  AdmissionController& controller = Controller();
  costs_ = MeasuredCosts();
  for (int i = 0; i < 10; ++i) {
    costs_.Observe(Stage::kDenoise, kKey, 1, absl::Seconds(2));
  }
  AdmissionRequest request = Request();
  request.deadline = clock_.now + absl::Milliseconds(80);
  const auto ticket = controller.Admit(request);
  ASSERT_TRUE(ticket.ok()) << ticket.status();
  EXPECT_GT(ticket->estimated_duration(), absl::Milliseconds(200));
  load_.predicted_work = absl::Milliseconds(1);
  ExpectRefused(controller.Admit(request), absl::StatusCode::kDeadlineExceeded,
                "DEADLINE_INFEASIBLE");
}

TEST_F(AdmissionControllerTest, SeveralImagesTakeWhatTheirBatchesTake) {
  costs_ = MeasuredCosts();  // a batch of 4 costs 80 ms, as one alone; six images are two batches
  AdmissionController& controller = Controller();
  const struct { int images, least_ms; } kCases[] = {{1, 80}, {4, 80}, {6, 160}, {8, 160}};
  for (const auto& [images, least_ms] : kCases) {
    AdmissionRequest request = Request(images);
    request.deadline = clock_.now + absl::Milliseconds(least_ms);
    EXPECT_TRUE(controller.Admit(request).ok()) << images;
    request.deadline = clock_.now + absl::Milliseconds(least_ms - 1);
    ExpectRefused(controller.Admit(request), absl::StatusCode::kDeadlineExceeded,
                  "DEADLINE_INFEASIBLE");
  }
}

TEST_F(AdmissionControllerTest, TheServersMaximumBoundsEveryDeadline) {
  AdmissionController& controller = Controller({.max_request_duration = absl::Seconds(7)});
  AdmissionRequest request = Request();
  EXPECT_EQ(controller.Admit(request)->deadline(), clock_.now + absl::Seconds(7));
  request.deadline = clock_.now + absl::Seconds(9);
  EXPECT_EQ(controller.Admit(request)->deadline(), clock_.now + absl::Seconds(7));
  request.deadline = clock_.now + absl::Seconds(5);
  EXPECT_EQ(controller.Admit(request)->deadline(), clock_.now + absl::Seconds(5));
}

TEST_F(AdmissionControllerTest, OneCallerCannotTakeEverything) {
  AdmissionController& controller = Controller({.caller_inflight_limit = 2});
  auto first = controller.Admit(Request());
  auto second = controller.Admit(Request());
  ASSERT_TRUE(second.ok());
  second->ReleaseSamples();  // the call itself is still in flight
  const auto refused = controller.Admit(Request());
  ExpectRefused(refused, absl::StatusCode::kResourceExhausted, "CALLER_QUOTA");
  EXPECT_GE(DetailsOf(refused.status()).retry_delay, absl::Milliseconds(50));
  EXPECT_THAT(DetailsOf(refused.status()).metadata, Contains(Key("max_inflight_requests")));
  AdmissionRequest other = Request();
  other.caller = "ipv4:10.0.0.8";
  EXPECT_TRUE(controller.Admit(other).ok());
  { AdmissionController::Ticket gone = *std::move(first); }
  EXPECT_TRUE(controller.Admit(Request()).ok());
}

TEST_F(AdmissionControllerTest, TicketTellsPlaceAndEstimate) {
  AdmissionController& controller = Controller();
  costs_ = MeasuredCosts();
  load_.waiting_samples = 3;
  load_.predicted_work = absl::Milliseconds(200);
  const auto ticket = controller.Admit(Request());
  ASSERT_TRUE(ticket.ok());
  EXPECT_EQ(ticket->queue_position(), 3);
  EXPECT_EQ(ticket->estimated_duration(), absl::Milliseconds(280));
}

}  // namespace
}  // namespace strobe::server
