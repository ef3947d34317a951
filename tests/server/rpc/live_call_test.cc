#include "server/rpc/live_call.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/fakes/metrics_text.h"
#include "tests/server/rpc/service_fixture.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;
using testing::Not;

class LiveCallTest : public ServiceTest {
 protected:
  struct Session {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::LiveImagesRequest, v1::LiveImagesResponse>> stream;
  };

  std::unique_ptr<Session> OpenSession() {
    auto session = std::make_unique<Session>();
    session->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    session->stream = stub_->LiveImages(&session->context);
    return session;
  }

  static void Type(Session& session, int64_t revision, const v1::GenerateImagesRequest& request) {
    v1::LiveImagesRequest message;
    message.set_revision(revision);
    *message.mutable_request() = request;
    ASSERT_TRUE(session.stream->Write(message));
  }

  // Reads up to the first event of `revision` that is of `kind`.
  static v1::LiveImagesResponse ReadTo(Session& session, int64_t revision,
                                       v1::GenerateImagesResponse::EventCase kind) {
    v1::LiveImagesResponse event;
    while (session.stream->Read(&event)) {
      if (event.revision() == revision && event.response().event_case() == kind) return event;
    }
    ADD_FAILURE() << "the session ended before revision " << revision << " had its event";
    return {};
  }
  static void ReadToAccepted(Session& session, int64_t revision) {
    ReadTo(session, revision, v1::GenerateImagesResponse::kAccepted);
  }
  static void ReadToCompleted(Session& session, int64_t revision) {
    ReadTo(session, revision, v1::GenerateImagesResponse::kCompleted);
  }

  // The next event must be the error of `revision`.
  static grpc::Status ReadError(Session& session, int64_t revision) {
    v1::LiveImagesResponse event;
    EXPECT_TRUE(session.stream->Read(&event));
    EXPECT_EQ(event.revision(), revision);
    EXPECT_TRUE(event.has_error()) << event.ShortDebugString();
    return {static_cast<grpc::StatusCode>(event.error().code()), event.error().message(),
            event.error().SerializeAsString()};
  }

  static grpc::Status Close(Session& session) {
    session.stream->WritesDone();
    return End(session);
  }
  static grpc::Status End(Session& session) {
    for (v1::LiveImagesResponse event; session.stream->Read(&event);) {
    }
    return session.stream->Finish();
  }

  int CallsWith(const std::string& prompt) const {
    int count = 0;
    for (const EngineCall& call : engine_.calls()) {
      count += std::count(call.prompts.begin(), call.prompts.end(), prompt);
    }
    return count;
  }
};

TEST_F(LiveCallTest, EveryEventNamesItsRevision) {
  const auto session = OpenSession();
  Type(*session, 7, Request("a cat"));
  session->stream->WritesDone();
  std::vector<v1::GenerateImagesResponse::EventCase> kinds;
  for (v1::LiveImagesResponse event; session->stream->Read(&event);) {
    EXPECT_EQ(event.revision(), 7);
    kinds.push_back(event.response().event_case());
  }
  using Event = v1::GenerateImagesResponse;
  EXPECT_EQ(kinds, (std::vector{Event::kAccepted, Event::kProgress, Event::kProgress, Event::kImage,
                                Event::kCompleted}));
  EXPECT_TRUE(session->stream->Finish().ok());
  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.outcome, Outcome::kOk);
  EXPECT_EQ(record.request_id, "0000000000000abc/7");
  EXPECT_EQ(record.images_sent, 1);
}

TEST_F(LiveCallTest, ASessionIsOneCallAndItsRevisionsAreRequests) {
  const auto session = OpenSession();
  Type(*session, 1, Request("a cat"));
  ReadToCompleted(*session, 1);
  Type(*session, 2, Request(""));
  ReadError(*session, 2);
  EXPECT_TRUE(Close(*session).ok());
  WaitForRecord(1);
  const std::string labels =
      "grpc_method=\"LiveImages\",grpc_service=\"strobe.v1.ImageGenerationService\",grpc_type="
      "\"bidi_"
      "stream\"}";
  EXPECT_EQ(MetricValue(metrics_->registry, "grpc_server_started_total{" + labels), 1);
  EXPECT_EQ(MetricValue(metrics_->registry, "grpc_server_msg_received_total{" + labels), 2);
  EXPECT_EQ(MetricValue(metrics_->registry, "grpc_server_msg_sent_total{" + labels), 6);
  EXPECT_EQ(MetricValue(metrics_->registry, "grpc_server_handled_total{grpc_code=\"OK\"," + labels),
            1);
  EXPECT_EQ(metrics_->requests.started_total.Value(), 2);
}

TEST_F(LiveCallTest, OneSessionAnswersOneRevisionAfterTheOther) {
  const auto session = OpenSession();
  for (int revision = 1; revision <= 3; ++revision) {
    Type(*session, revision, Request(absl::StrCat("text ", revision)));
    ReadToCompleted(*session, revision);
  }
  EXPECT_TRUE(Close(*session).ok());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(WaitForRecord(i).outcome, Outcome::kOk);
}

TEST_F(LiveCallTest, ANewerRevisionSupersedesAQueuedOneAtOnce) {
  engine_.Block();
  const auto stranger = Open(Request("stranger"));
  engine_.WaitForCalls(1);
  const auto session = OpenSession();
  Type(*session, 1, Request("a c"));
  ReadToAccepted(*session, 1);
  Type(*session, 2, Request("a cat"));
  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.outcome, Outcome::kCancelled);
  EXPECT_EQ(record.reason, "SUPERSEDED");
  engine_.Release();
  ReadToCompleted(*session, 2);
  EXPECT_EQ(CallsWith("a c"), 0);
  grpc::Status status;
  ReadAll(*stranger, &status);
  EXPECT_TRUE(status.ok());
  EXPECT_TRUE(Close(*session).ok());
}

TEST_F(LiveCallTest, ANewerRevisionSupersedesARunningOneBetweenSteps) {
  engine_.Block();
  const auto session = OpenSession();
  v1::GenerateImagesRequest request = Request("a c");
  request.set_num_inference_steps(4);
  Type(*session, 1, request);
  engine_.WaitForCalls(1);
  engine_.Step();
  engine_.WaitForCalls(2);
  Type(*session, 2, Request("a cat"));
  EXPECT_EQ(WaitForRecord(0).reason, "SUPERSEDED");
  engine_.Release();
  ReadToCompleted(*session, 2);
  EXPECT_EQ(CallsWith("a c"), 2);  // its encoding and the step that it was in
  EXPECT_TRUE(Close(*session).ok());
}

TEST_F(LiveCallTest, AStormKeepsAtMostOneStaleRevisionOnTheDeviceHoweverManyLanesAreFree) {
  engine_.lanes = 4;
  Start({.queue_capacity = 16});
  engine_.Block();
  const auto session = OpenSession();
  Type(*session, 1, Request("text 1"));
  engine_.WaitForCalls(1);
  for (int revision = 2; revision <= 200; ++revision) {
    Type(*session, revision, Request(absl::StrCat("text ", revision)));
  }
  for (int i = 0; i < 199; ++i) EXPECT_EQ(WaitForRecord(i).reason, "SUPERSEDED");
  ReadToAccepted(*session, 200);
  EXPECT_EQ(engine_.calls().size(), 1u);  // 1 is stale; 200 waits until it is gone
  engine_.Release();
  ReadToCompleted(*session, 200);
  EXPECT_TRUE(Close(*session).ok());
  EXPECT_EQ(CallsWith("text 1"), 1);
  for (int revision = 2; revision < 200; ++revision) {
    EXPECT_EQ(CallsWith(absl::StrCat("text ", revision)), 0);
  }
  EXPECT_EQ(CallsWith("text 200"), 4);
}

TEST_F(LiveCallTest, KeystrokesFasterThanStepsGetThePictureOfTheLastOne) {
  engine_.Block();
  const auto session = OpenSession();
  int calls = 0;
  for (int revision = 1; revision <= 10; ++revision) {
    Type(*session, revision, Request(absl::StrCat("text ", revision)));
    ReadToAccepted(*session, revision);
    engine_.WaitForCalls(++calls);
    engine_.Step();  // the stage of the one before ends
  }
  engine_.Release();
  ReadToCompleted(*session, 10);
  EXPECT_TRUE(Close(*session).ok());
  for (int i = 0; i < 9; ++i) EXPECT_EQ(WaitForRecord(i).reason, "SUPERSEDED");
  EXPECT_EQ(WaitForRecord(9).outcome, Outcome::kOk);
}

TEST_F(LiveCallTest, TheLastRevisionIsAnsweredAfterTheHalfClose) {
  engine_.Block();
  const auto session = OpenSession();
  Type(*session, 1, Request("a c"));
  Type(*session, 2, Request("a cat"));
  session->stream->WritesDone();
  EXPECT_EQ(WaitForRecord(0).reason, "SUPERSEDED");
  engine_.Release();
  ReadToCompleted(*session, 2);
  EXPECT_TRUE(End(*session).ok());
}

TEST_F(LiveCallTest, RefusedRevisionsAreReportedAndTheSessionGoesOn) {
  Start({.queue_capacity = 2});
  const auto session = OpenSession();
  Type(*session, 1, Request("a cat", 3));
  const grpc::Status full = ReadError(*session, 1);
  EXPECT_EQ(full.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(full), "QUEUE_FULL");
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(Unpack(full, &retry));
  Type(*session, 2, Request(""));
  const grpc::Status empty = ReadError(*session, 2);
  EXPECT_EQ(empty.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(empty), "INVALID_REQUEST");
  Type(*session, 3, Request("a cat"));
  ReadToCompleted(*session, 3);
  Type(*session, 4, Request(" "));
  session->stream->WritesDone();
  EXPECT_EQ(ReasonIn(ReadError(*session, 4)), "INVALID_REQUEST");
  EXPECT_TRUE(End(*session).ok());
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kRejected);
  EXPECT_EQ(WaitForRecord(1).outcome, Outcome::kInvalid);
  EXPECT_EQ(WaitForRecord(3).outcome, Outcome::kInvalid);
}

TEST_F(LiveCallTest, ASessionIsOneRequestInFlightForItsCaller) {
  Start({.queue_capacity = 2, .caller_inflight_limit = 1});
  engine_.Block();
  const auto session = OpenSession();
  for (int revision = 1; revision <= 3; ++revision) {
    Type(*session, revision, Request(absl::StrCat("text ", revision)));
    ReadToAccepted(*session, revision);
  }
  EXPECT_EQ(ReasonIn(Generate(Request("another"))), "CALLER_QUOTA");
  engine_.Release();
  ReadToCompleted(*session, 3);
  EXPECT_TRUE(Close(*session).ok());
}

TEST_F(LiveCallTest, AnEngineFailureEndsItsRevisionAlone) {
  const auto session = OpenSession();
  Type(*session, 1, Request("fail-encode"));
  ReadToAccepted(*session, 1);
  const grpc::Status failed = ReadError(*session, 1);
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(failed.error_details(), Not(HasSubstr("secret")));
  Type(*session, 2, Request("a cat"));
  ReadToCompleted(*session, 2);
  EXPECT_TRUE(Close(*session).ok());
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kFailed);
}

TEST_F(LiveCallTest, ARevisionThatDoesNotGrowEndsTheSession) {
  for (const int64_t second : {5, 4, -1}) {
    engine_.Block();
    const auto session = OpenSession();
    Type(*session, 5, Request("a cat"));
    ReadToAccepted(*session, 5);
    Type(*session, second, Request("a cat"));
    const grpc::Status status = End(*session);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonIn(status), "REVISION_NOT_GROWING");
    EXPECT_THAT(status.error_message(), HasSubstr(absl::StrCat(second)));
    engine_.Release();
  }
  std::vector<Outcome> outcomes;
  for (int i = 0; i < 6; ++i) outcomes.push_back(WaitForRecord(i).outcome);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Outcome::kInvalid), 3);
  EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), Outcome::kCancelled), 3);
}

TEST_F(LiveCallTest, GarbageAndBadUtf8EndTheSessionWithInvalidArgument) {
  const grpc::Status garbage = SendBytes("LiveImages", "\xff\xff\xff");
  EXPECT_EQ(garbage.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(garbage), "UNDECODABLE_REQUEST");
  const std::string request = std::string("\x12\x03") + "a\xc3\x28";
  const grpc::Status utf8 = SendBytes("LiveImages", std::string("\x08\x01\x12\x05") + request);
  EXPECT_EQ(utf8.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(utf8), "INVALID_UTF8");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(Unpack(utf8, &bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "prompt");
  EXPECT_EQ(WaitForRecord(1).outcome, Outcome::kInvalid);
}

TEST_F(LiveCallTest, CancelledAtAnyStageItEndsOnceAndLeavesNothing) {
  engine_.Block();
  for (int stage = 0; stage < 4; ++stage) {
    const int before = static_cast<int>(engine_.calls().size());
    const auto session = OpenSession();
    Type(*session, 1, Request("a cat"));
    for (int i = 0; i < stage; ++i) {
      engine_.WaitForCalls(before + i + 1);
      engine_.Step();
    }
    engine_.WaitForCalls(before + stage + 1);
    session->context.TryCancel();
    const RequestRecord record = WaitForRecord(stage);
    EXPECT_EQ(record.outcome, Outcome::kCancelled) << stage;
    EXPECT_EQ(record.reason, "CANCELLED") << stage;
    EXPECT_EQ(End(*session).error_code(), grpc::StatusCode::CANCELLED);
    engine_.Step();  // the stage ends, and nothing of the revision is left
  }
}

TEST_F(LiveCallTest, AReaderThatStopsReadingIsCutOff) {
  consumer_.bytes_per_picture = 1 << 20;
  const auto session = OpenSession();
  Type(*session, 1, Request("slow reader", 8));
  consumer_.WaitFor(8);
  core_->CheckCalls();
  EXPECT_FALSE(HasRecords(1, absl::ZeroDuration()));
  while (!HasRecords(1, absl::Milliseconds(20))) {
    clock_.Advance(absl::Seconds(30));
    core_->CheckCalls();
  }
  EXPECT_EQ(WaitForRecord(0).reason, "SLOW_READER");
  EXPECT_EQ(End(*session).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(LiveCallTest, WhatAStalledReaderMissesIsForgottenWhenTheCallerTypesOn) {
  consumer_.bytes_per_picture = 1 << 20;
  const auto session = OpenSession();
  for (int revision = 1; revision <= 4; ++revision) {
    Type(*session, revision, Request(absl::StrCat("text ", revision), 8));
    consumer_.WaitFor(8 * revision);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(WaitForRecord(i).reason, "SUPERSEDED");
  session->stream->WritesDone();
  int last_images = 0;
  int stale_images = 0;
  for (v1::LiveImagesResponse event; session->stream->Read(&event);) {
    if (!event.response().has_image()) continue;
    ++(event.revision() == 4 ? last_images : stale_images);
  }
  EXPECT_TRUE(session->stream->Finish().ok());
  EXPECT_EQ(last_images, 8);
  EXPECT_LE(stale_images, 8);  // what was on its way
}

TEST_F(LiveCallTest, TheCallsDeadlineEndsTheSession) {
  engine_.Block();
  const auto session = OpenSession();
  Type(*session, 1, Request("late"));
  ReadToAccepted(*session, 1);
  core_->CheckCalls();
  EXPECT_FALSE(HasRecords(1, absl::ZeroDuration()));
  clock_.Advance(absl::Seconds(61));
  intake_->deadlines().CheckNow();
  EXPECT_EQ(End(*session).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kExpired);
  engine_.Release();
  Start({.queue_capacity = 16});  // the stage took a minute: nothing would be feasible
}

TEST_F(LiveCallTest, ATimeLimitEndsItsRevisionAlone) {
  engine_.Block();
  const auto session = OpenSession();
  v1::LiveImagesRequest message;
  message.set_revision(1);
  *message.mutable_request() = Request("late");
  message.mutable_time_limit()->set_seconds(1);
  ASSERT_TRUE(session->stream->Write(message));
  ReadToAccepted(*session, 1);
  engine_.WaitForCalls(1);
  clock_.Advance(absl::Seconds(1));
  intake_->deadlines().CheckNow();
  const grpc::Status late = ReadError(*session, 1);
  EXPECT_EQ(late.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  engine_.Release();
  message.set_revision(2);
  message.mutable_time_limit()->set_seconds(-1);
  ASSERT_TRUE(session->stream->Write(message));
  EXPECT_EQ(ReadError(*session, 2).error_message(), "time_limit: must be above 0");
  Type(*session, 3, Request("a cat"));
  ReadToCompleted(*session, 3);
  EXPECT_TRUE(Close(*session).ok());
}

TEST_F(LiveCallTest, DrainingEndsTheSessionAfterTheAnswer) {
  engine_.Block();
  const auto session = OpenSession();
  Type(*session, 1, Request("a cat"));
  ReadToAccepted(*session, 1);
  admission_->SetState(AdmissionController::State::kDraining);
  core_->CheckCalls();
  engine_.Release();
  ReadToCompleted(*session, 1);
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kOk);
  core_->CheckCalls();
  const grpc::Status status = End(*session);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "DRAINING");
}

TEST_F(LiveCallTest, CutOffEndsSessionsAtOnceWhateverTheDeviceDoes) {
  engine_.Block();
  const auto session = OpenSession();
  Type(*session, 1, Request("a cat"));
  ReadToAccepted(*session, 1);
  engine_.WaitForCalls(1);
  const auto idle = OpenSession();
  idle->stream->WaitForInitialMetadata();
  core_->CutOffCalls();
  EXPECT_EQ(ReasonIn(End(*session)), "SHUTTING_DOWN");
  EXPECT_EQ(ReasonIn(End(*idle)), "SHUTTING_DOWN");
  EXPECT_EQ(WaitForRecord(0).reason, "SHUTTING_DOWN");
  engine_.Release();
  Start({.queue_capacity = 16});
}

TEST_F(LiveCallTest, IsRefusedRevisionByRevisionUntilTheModelsAreThere) {
  Start({.queue_capacity = 16}, {}, /*install_backend=*/false);
  const auto session = OpenSession();
  Type(*session, 1, Request("too early"));
  EXPECT_EQ(ReasonIn(ReadError(*session, 1)), "WARMING_UP");
  intake_->Install({models_, *admission_, *batcher_});
  Type(*session, 2, Request("a cat"));
  ReadToCompleted(*session, 2);
  EXPECT_TRUE(Close(*session).ok());
}

}  // namespace
}  // namespace strobe::server
