#include "server/requests/live_text.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/base/request_error.h"
#include "server/requests/event_outbox.h"
#include "tests/server/requests/intake_test_base.h"

namespace strobe::server {
namespace {

using enum EventKind;
using testing::ElementsAre;

// A caller who takes one event after the other.
class FakeReader final : public LiveSink {
 public:
  struct Event {
    int64_t revision;
    EventKind kind;
    std::shared_ptr<RequestLedger> ledger;
    absl::Status error;
  };

  void OnEvent(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
               ImageEvent event) override {
    Add({revision, KindOf(event), ledger, absl::OkStatus()});
  }
  void OnError(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
               const absl::Status& why) override {
    Add({revision, kError, ledger, why});
  }
  bool Forget() override {
    absl::MutexLock lock(&mu_);
    const bool completed = std::any_of(waiting_.begin(), waiting_.end(),
                                       [](const Event& each) { return each.kind == kCompleted; });
    waiting_.clear();
    return completed;
  }
  void OnAllAnswered() override {
    absl::MutexLock lock(&mu_);
    all_answered_ = true;
  }

  // Waits for the next event, and takes it.
  Event Read() {
    absl::MutexLock lock(&mu_);
    const auto there = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return !waiting_.empty(); };
    mu_.Await(absl::Condition(&there));
    Event event = std::move(waiting_.front());
    waiting_.pop_front();
    return event;
  }
  bool all_answered() {
    absl::MutexLock lock(&mu_);
    return all_answered_;
  }

 private:
  void Add(Event event) {
    absl::MutexLock lock(&mu_);
    waiting_.push_back(std::move(event));
  }

  absl::Mutex mu_;
  std::deque<Event> waiting_ ABSL_GUARDED_BY(mu_);
  bool all_answered_ ABSL_GUARDED_BY(mu_) = false;
};

class LiveTextTest : public IntakeTestBase {
 protected:
  void TearDown() override {
    text_->End(absl::CancelledError("the test is over"));
    IntakeTestBase::TearDown();
  }

  void Type(int64_t revision, const std::string& prompt) {
    EXPECT_TRUE(text_->Revise(revision, Request(prompt)).ok());
  }

  // Takes events up to the `completed` of `revision`, which is told as sent.
  std::vector<EventKind> ReadToCompleted(int64_t revision) {
    std::vector<EventKind> kinds;
    while (true) {
      const FakeReader::Event event = reader_->Read();
      EXPECT_EQ(event.revision, revision);
      kinds.push_back(event.kind);
      if (event.kind != kCompleted) continue;
      text_->CompletedSent(*event.ledger);
      return kinds;
    }
  }

  std::vector<std::string> PromptsOnTheDevice() {
    std::vector<std::string> prompts;
    for (const EngineCall& call : engine_.calls()) {
      prompts.insert(prompts.end(), call.prompts.begin(), call.prompts.end());
    }
    prompts.erase(std::unique(prompts.begin(), prompts.end()), prompts.end());
    return prompts;
  }

  const std::shared_ptr<FakeReader> reader_ = std::make_shared<FakeReader>();
  const std::shared_ptr<LiveText> text_ =
      std::make_shared<LiveText>(intake_, "text", "me", clock_.Now() + absl::Hours(1), reader_);
};

TEST_F(LiveTextTest, ARevisionIsARequestThatIsAnsweredInOrder) {
  Type(7, "a cat");
  EXPECT_FALSE(text_->answered());
  EXPECT_EQ(ReadToCompleted(7), (std::vector{kAccepted, kProgress, kProgress, kImage, kCompleted}));
  EXPECT_TRUE(text_->answered());
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kOk);
  EXPECT_EQ(records()[0].request_id, "text/7");
  EXPECT_FALSE(reader_->all_answered());
  text_->Finish();
  EXPECT_TRUE(reader_->all_answered());
}

TEST_F(LiveTextTest, ANewerRevisionSupersedesTheOlderAndItsEventsAreForgotten) {
  engine_.Block();
  Type(1, "a c");
  engine_.WaitForCalls(1);
  Type(2, "a cat");
  EXPECT_EQ(WaitForRecord(0).reason, "SUPERSEDED");
  EXPECT_EQ(records()[0].outcome, Outcome::kCancelled);
  engine_.Release();
  ReadToCompleted(2);  // and nothing of revision 1
}

TEST_F(LiveTextTest, ARevisionWaitsUntilNoDeviceWorksOnAnOlderOneAndTheNewestIsTheOneThatGoes) {
  engine_.Block();
  Type(1, "text 1");
  engine_.WaitForCalls(1);
  for (int revision = 2; revision <= 100; ++revision) {
    Type(revision, absl::StrCat("text ", revision));
  }
  EXPECT_EQ(engine_.calls().size(), 1u);
  engine_.Release();
  ReadToCompleted(100);
  EXPECT_THAT(PromptsOnTheDevice(), ElementsAre("text 1", "text 100"));
  for (int i = 0; i < 99; ++i) EXPECT_EQ(WaitForRecord(i).reason, "SUPERSEDED");
}

TEST_F(LiveTextTest, TheTimeThatARevisionIsHeldBackIsTimeInTheQueue) {
  engine_.Block();
  Type(1, "a c");
  engine_.WaitForCalls(1);
  Type(2, "a cat");
  clock_.Advance(absl::Seconds(3));
  engine_.Release();
  ReadToCompleted(2);
  EXPECT_EQ(MetricValue(registry_, "strobe_queue_wait_seconds_count"), 2);
  EXPECT_EQ(MetricValue(registry_, "strobe_queue_wait_seconds_sum"), 3);
}

TEST_F(LiveTextTest, ARevisionThatIsHeldBackEndsAtItsTimeLimit) {
  engine_.Block();
  Type(1, "a c");
  engine_.WaitForCalls(1);
  ImageRequest request = Request("a cat");
  request.time_limit = absl::Seconds(2);
  EXPECT_TRUE(text_->Revise(2, request).ok());
  EXPECT_EQ(reader_->Read().kind, kAccepted);
  clock_.Advance(absl::Seconds(2));
  intake_.deadlines().CheckNow();
  const FakeReader::Event late = reader_->Read();
  EXPECT_EQ(late.revision, 2);
  EXPECT_EQ(ReasonOf(late.error), "DEADLINE_EXPIRED");
  EXPECT_TRUE(text_->answered());
  engine_.Release();
  Type(3, "a dog");
  ReadToCompleted(3);
  EXPECT_THAT(PromptsOnTheDevice(), ElementsAre("a c", "a dog"));
}

TEST_F(LiveTextTest, LiveTrafficTeachesTheDeliveryMeter) {
  Type(1, "a cat");
  for (FakeReader::Event event = reader_->Read();; event = reader_->Read()) {
    if (event.kind != kCompleted) continue;
    EXPECT_EQ(intake_.deliveries().MarginFor(absl::Hours(1)), absl::ZeroDuration());
    clock_.Advance(absl::Milliseconds(20));
    text_->CompletedSent(*event.ledger);
    break;
  }
  EXPECT_GT(intake_.deliveries().MarginFor(absl::Hours(1)), absl::ZeroDuration());
}

TEST_F(LiveTextTest, ARevisionWhoseAnswerIsOnItsWayIsAnsweredAlthoughANewerOneComes) {
  Type(1, "a cat");
  while (reader_->Read().kind != kCompleted) {
  }
  Type(2, "a dog");  // before CompletedSent
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kOk);
  ReadToCompleted(2);
}

TEST_F(LiveTextTest, ARevisionWhoseAnswerStillWaitedIsSuperseded) {
  Type(1, "a cat");
  while (reader_->Read().kind != kImage) {
  }
  // `completed` is there when the places are free and the request is released.
  batcher_.Stop();
  Type(2, "a dog");
  EXPECT_EQ(WaitForRecord(0).reason, "SUPERSEDED");
}

TEST_F(LiveTextTest, WhatIsRefusedOrFailsIsAnsweredByAnErrorAndTheTextGoesOn) {
  EXPECT_TRUE(text_->Revise(1, absl::InvalidArgumentError("not even a request")).ok());
  EXPECT_EQ(reader_->Read().error.message(), "not even a request");
  Type(2, " ");
  EXPECT_EQ(ReasonOf(reader_->Read().error), "INVALID_REQUEST");
  Type(3, "fail-encode");
  EXPECT_EQ(reader_->Read().kind, kAccepted);
  EXPECT_EQ(ReasonOf(reader_->Read().error), "ENGINE_FAILURE");
  Type(4, "a cat");
  ReadToCompleted(4);
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kInvalid);
  EXPECT_EQ(WaitForRecord(1).outcome, Outcome::kInvalid);
  EXPECT_EQ(WaitForRecord(2).outcome, Outcome::kFailed);
}

TEST_F(LiveTextTest, RevisionsMustGrow) {
  EXPECT_EQ(ReasonOf(text_->Revise(0, Request("a cat"))), "REVISION_NOT_GROWING");
  engine_.Block();
  Type(5, "a cat");
  for (const int64_t stale : {5, 4, -1}) {
    EXPECT_EQ(ReasonOf(text_->Revise(stale, Request("a cat"))), "REVISION_NOT_GROWING");
  }
  engine_.Release();
  ReadToCompleted(5);  // which nobody has disturbed
}

TEST_F(LiveTextTest, AfterTheLastRevisionAllIsAnsweredOnceAndNotBefore) {
  engine_.Block();
  Type(1, "a cat");
  text_->Finish();
  EXPECT_FALSE(reader_->all_answered());
  engine_.Release();
  ReadToCompleted(1);
  EXPECT_TRUE(reader_->all_answered());
}

TEST_F(LiveTextTest, AnErrorAnswersTheLastRevisionToo) {
  engine_.Block();
  Type(1, "fail-encode");
  text_->Finish();
  EXPECT_FALSE(reader_->all_answered());
  engine_.Release();
  while (reader_->Read().kind != kError) {
  }
  EXPECT_TRUE(text_->answered());
}

TEST_F(LiveTextTest, ItsEndEndsTheRevisionWithItAndTheSinkHearsNothingMore) {
  for (const absl::Status& why : {absl::UnavailableError("the server stops"),
                                  absl::InvalidArgumentError("the next message is wrong")}) {
    engine_.Block();
    const auto reader = std::make_shared<FakeReader>();
    const auto text =
        std::make_shared<LiveText>(intake_, "other", "me", clock_.Now() + absl::Hours(1), reader);
    EXPECT_TRUE(text->Revise(1, Request("a cat")).ok());
    EXPECT_EQ(reader->Read().kind, kAccepted);
    text->End(why);
    EXPECT_EQ(reader.use_count(), 1);
    EXPECT_TRUE(text->Revise(2, Request("too late")).ok());
    engine_.Release();
  }
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kFailed);
  EXPECT_EQ(WaitForRecord(1).reason, "CANCELLED");  // typed after the end
  EXPECT_EQ(WaitForRecord(2).reason, "CANCELLED");  // not to blame for the message behind it
}

}  // namespace
}  // namespace strobe::server
