#include "server/requests/image_session.h"

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"
#include "server/requests/event_outbox.h"
#include "tests/server/requests/intake_test_base.h"

namespace strobe::server {
namespace {

using enum EventKind;

// Keeps what is told of one request.
class RecordingEvents final : public EventSink {
 public:
  void OnEvent(ImageEvent event) override {
    absl::MutexLock lock(&mu_);
    EXPECT_FALSE(ended_);
    events_.push_back(std::move(event));
  }
  void OnEnd(const absl::Status& status) override {
    absl::MutexLock lock(&mu_);
    EXPECT_FALSE(ended_);
    ended_ = true;
    end_ = status;
  }
  void OnReleased() override {
    absl::MutexLock lock(&mu_);
    EXPECT_TRUE(ended_);
    EXPECT_FALSE(released_);
    released_ = true;
  }

  absl::Status WaitForEnd() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&ended_));
    return end_;
  }
  void WaitForRelease() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(&released_));
  }
  std::vector<ImageEvent> events() {
    absl::MutexLock lock(&mu_);
    return events_;
  }
  std::vector<EventKind> kinds() {
    std::vector<EventKind> kinds;
    for (const ImageEvent& event : events()) kinds.push_back(KindOf(event));
    return kinds;
  }

 private:
  absl::Mutex mu_;
  std::vector<ImageEvent> events_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  bool released_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status end_ ABSL_GUARDED_BY(mu_);
};

class ImageSessionTest : public IntakeTestBase {
 protected:
  // Opens, admits and starts a request.
  std::shared_ptr<ImageSession> Start(const ImageRequest& request,
                                      absl::Duration time_left = absl::InfiniteDuration()) {
    const auto session = intake_.Open("id", "me");
    const auto accepted = session->Admit(request, time_left, sink_);
    EXPECT_TRUE(accepted.ok()) << accepted.status();
    session->ledger()->Admitted();
    session->WatchDeadline();
    EXPECT_TRUE(session->Submit().ok());
    return session;
  }

  const std::shared_ptr<RecordingEvents> sink_ = std::make_shared<RecordingEvents>();
};

TEST_F(ImageSessionTest, TellsEveryEventInOrderAndThenTheEnd) {
  ImageRequest request = Request("a cat");
  request.seed = 41;
  request.num_images = 2;
  request.num_inference_steps = 1;
  request.output_format = model::ImageFormat::kWebp;
  const auto session = Start(request);
  EXPECT_TRUE(sink_->WaitForEnd().ok());
  EXPECT_EQ(sink_->kinds(), (std::vector{kProgress, kProgress, kImage, kImage, kCompleted}));
  const Picture second = std::get<Picture>(sink_->events()[3]);
  EXPECT_EQ(second.seed, 42u);
  EXPECT_EQ(second.format, model::ImageFormat::kWebp);
  EXPECT_EQ(second.width, 16);
  const Completed completed = std::get<Completed>(sink_->events()[4]);
  EXPECT_EQ(completed.num_images, 2);
  EXPECT_EQ(completed.denoise_steps, 2);
  sink_->WaitForRelease();
  EXPECT_EQ(admission_.reserved_samples(), 0);  // although the caller has not been answered
  session->Close(absl::OkStatus());
  session->Close(absl::InternalError("too late"));
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kOk);
}

TEST_F(ImageSessionTest, ARefusalLeavesNothingToUndo) {
  const auto session = intake_.Open("id", "me");
  EXPECT_EQ(intake_.in_flight().count(), 1);
  const auto refused = session->Admit(Request(" "), absl::InfiniteDuration(), sink_);
  EXPECT_EQ(ReasonOf(refused.status()), "INVALID_REQUEST");
  session->Fail(absl::CancelledError("nothing to fail"));
  session->Close(refused.status());
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kInvalid);
}

TEST_F(ImageSessionTest, ItsDeadlineEndsItWhileTheDeviceIsBusyWithAnother) {
  engine_.Block();
  const auto other = std::make_shared<RecordingEvents>();
  const auto busy = intake_.Open("busy", "me");
  ASSERT_TRUE(busy->Admit(Request("busy"), absl::InfiniteDuration(), other).ok());
  ASSERT_TRUE(busy->Submit().ok());
  engine_.WaitForCalls(1);
  const auto session = Start(Request("late"), absl::Milliseconds(100));
  clock_.Advance(absl::Milliseconds(100));
  intake_.deadlines().CheckNow();
  const absl::Status end = sink_->WaitForEnd();
  EXPECT_EQ(end.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(end), "DEADLINE_EXPIRED");
  EXPECT_EQ(DetailsOf(end).metadata.at("deadline_ms"), "100");
  sink_->WaitForRelease();
  session->Close(end);
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kExpired);
  busy->Fail(absl::CancelledError("the test is over"));
  busy->Close(absl::CancelledError("the test is over"));
}

TEST_F(ImageSessionTest, TheTimeLimitOfTheRequestAndTheCallBothHold) {
  ImageRequest request = Request("late");
  request.time_limit = absl::Milliseconds(50);
  engine_.Block();
  const auto session = Start(request, absl::Seconds(1));
  clock_.Advance(absl::Milliseconds(50));
  intake_.deadlines().CheckNow();
  EXPECT_EQ(DetailsOf(sink_->WaitForEnd()).metadata.at("deadline_ms"), "50");
  session->Close(absl::CancelledError("the test is over"));
}

TEST_F(ImageSessionTest, WhatTheAnswerTookIsLearntWhenItHasLeft) {
  const auto unsent = Start(Request("a cat"));
  ASSERT_TRUE(sink_->WaitForEnd().ok());
  clock_.Advance(absl::Milliseconds(20));
  unsent->Close(absl::CancelledError("the caller left"));
  EXPECT_EQ(intake_.deliveries().MarginFor(absl::Hours(1)), absl::ZeroDuration());

  const auto sink = std::make_shared<RecordingEvents>();
  const auto session = intake_.Open("id", "me");
  ASSERT_TRUE(session->Admit(Request("a cat"), absl::InfiniteDuration(), sink).ok());
  ASSERT_TRUE(session->Submit().ok());
  ASSERT_TRUE(sink->WaitForEnd().ok());
  clock_.Advance(absl::Milliseconds(20));
  session->Close(absl::OkStatus());
  EXPECT_GT(intake_.deliveries().MarginFor(absl::Hours(1)), absl::ZeroDuration());
}

TEST_F(ImageSessionTest, InFlightIsOverWhenTheLastOneIsClosed) {
  const auto one = intake_.Open("1", "me");
  const auto two = intake_.Open("2", "me");
  EXPECT_FALSE(intake_.in_flight().WaitUntilNone(absl::ZeroDuration()));
  one->Close(absl::CancelledError("x"));
  EXPECT_EQ(intake_.in_flight().count(), 1);
  two->Close(absl::CancelledError("x"));
  EXPECT_TRUE(intake_.in_flight().WaitUntilNone(absl::InfiniteDuration()));
  const auto three = intake_.Open("3", "me");
  intake_.in_flight().StopWaiting();
  EXPECT_FALSE(intake_.in_flight().WaitUntilNone(absl::InfiniteDuration()));
  three->Close(absl::CancelledError("x"));
}

}  // namespace
}  // namespace strobe::server
