#include "client/strobe_client.h"

#include <grpcpp/health_check_service_interface.h>

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_image_service.h"

namespace strobe::client {
namespace {

class StrobeClientTest : public ::testing::Test {
 protected:
  CallOptions WithDeadline() const { return {.deadline = absl::Minutes(2)}; }

  FakeImageService service_;
  FakeServer server_{service_};
  std::unique_ptr<StrobeClient> client_ = StrobeClient::Connect(server_.address);
};

TEST_F(StrobeClientTest, EventsComeInOrderWithTheirContent) {
  service_.events = {AcceptedEvent("r-1"), ImageEvent(0, 7, "abc"), CompletedEvent(1)};
  v1::GenerateImagesRequest request;
  request.set_prompt("a cat");
  CallOptions options = WithDeadline();
  options.request_id = "mine";
  std::vector<v1::GenerateImagesResponse> seen;
  const grpc::Status status = client_->GenerateImages(request, options, [&](const auto& event) {
    seen.push_back(event);
    return true;
  });
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].accepted().request_id(), "r-1");
  EXPECT_EQ(seen[1].image().data(), "abc");
  EXPECT_TRUE(seen[2].has_completed());
  EXPECT_EQ(service_.requests.at(0).prompt(), "a cat");
  EXPECT_EQ(service_.request_id, "mine");
  EXPECT_TRUE(service_.had_deadline);
}

TEST_F(StrobeClientTest, PicturesOfFourMebibytesArrive) {
  service_.events = {ImageEvent(0, 7, std::string(4 << 20, 'x')), CompletedEvent(1)};
  size_t bytes = 0;
  const grpc::Status status = client_->GenerateImages({}, WithDeadline(), [&](const auto& event) {
    bytes += event.image().data().size();
    return true;
  });
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(bytes, size_t{4} << 20);
}

TEST_F(StrobeClientTest, AStreamWithoutItsLastEventIsDataLoss) {
  service_.events = {AcceptedEvent("r-1"), ImageEvent(0, 7, "abc")};
  const grpc::Status status =
      client_->GenerateImages({}, WithDeadline(), [](const auto&) { return true; });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS);
}

TEST_F(StrobeClientTest, TheServersStatusComesThrough) {
  service_.status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full", "details"};
  const grpc::Status status =
      client_->GenerateImages({}, WithDeadline(), [](const auto&) { return true; });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_details(), "details");
}

TEST_F(StrobeClientTest, AnotherThreadCancelsTheCall) {
  service_.wait_for_cancel = true;
  Canceller canceller;
  CallOptions options = WithDeadline();
  options.canceller = &canceller;
  std::thread other([&] {
    service_.waiting.WaitForNotification();
    canceller.Cancel();
  });
  const grpc::Status status =
      client_->GenerateImages({}, options, [](const auto&) { return true; });
  other.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(client_->GenerateImages({}, options, [](const auto&) { return true; }).error_code(),
            grpc::StatusCode::CANCELLED);
}

TEST_F(StrobeClientTest, ACallbackThatSaysNoEndsTheCall) {
  service_.events = {AcceptedEvent("r-1")};
  service_.wait_for_cancel = true;
  int calls = 0;
  const grpc::Status status = client_->GenerateImages({}, WithDeadline(), [&](const auto&) {
    ++calls;
    return false;
  });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(calls, 1);
}

TEST_F(StrobeClientTest, ADeadlineEndsTheCall) {
  service_.wait_for_cancel = true;
  const grpc::Status status = client_->GenerateImages({}, {.deadline = absl::Milliseconds(50)},
                                                      [](const auto&) { return true; });
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(StrobeClientTest, ALiveStreamNumbersItsRevisionsAndReadsTheirEvents) {
  service_.answer = [](const v1::LiveImagesRequest& request) {
    return std::vector{LiveEvent(request.revision(), ImageEvent(0, 7, request.request().prompt()))};
  };
  const auto stream = client_->LiveImages(WithDeadline());
  v1::GenerateImagesRequest request;
  for (const std::string prompt : {"a c", "a cat"}) {
    request.set_prompt(prompt);
    EXPECT_GT(stream->Send(request, absl::Milliseconds(1500)), 0);
    v1::LiveImagesResponse event;
    ASSERT_TRUE(stream->Read(&event));
    EXPECT_EQ(event.response().image().data(), prompt);
  }
  stream->HalfClose();
  v1::LiveImagesResponse event;
  EXPECT_FALSE(stream->Read(&event));
  EXPECT_TRUE(stream->Finish().ok());
  ASSERT_EQ(service_.revisions.size(), 2u);
  EXPECT_EQ(service_.revisions[0].revision(), 1);
  EXPECT_EQ(service_.revisions[1].revision(), 2);
  EXPECT_EQ(service_.revisions[0].time_limit().seconds(), 1);
  EXPECT_EQ(service_.revisions[0].time_limit().nanos(), 500'000'000);
}

TEST_F(StrobeClientTest, ALiveStreamThatIsGivenUpEndsItsCall) {
  service_.answer = [](const auto&) { return std::vector<v1::LiveImagesResponse>(); };
  EXPECT_EQ(client_->LiveImages(WithDeadline())->Send({}), 1);  // and the server can shut down
}

TEST_F(StrobeClientTest, ARevisionsErrorIsAStatusWithItsDetails) {
  v1::RevisionError error;
  error.set_code(8);
  error.set_message("full");
  error.add_details()->set_type_url("type.googleapis.com/google.rpc.RetryInfo");
  const grpc::Status status = StatusOf(error);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "full");
  EXPECT_EQ(status.error_details(), error.SerializeAsString());
}

TEST_F(StrobeClientTest, HealthIsWhatTheServerSays) {
  grpc::HealthCheckServiceInterface* const health = &server_.health();
  ServingStatus serving = ServingStatus::kUnknown;
  health->SetServingStatus(kReadinessService, false);
  ASSERT_TRUE(client_->CheckHealth(kReadinessService, WithDeadline(), &serving).ok());
  EXPECT_EQ(serving, ServingStatus::kNotServing);
  health->SetServingStatus(kReadinessService, true);
  ASSERT_TRUE(client_->CheckHealth(kReadinessService, WithDeadline(), &serving).ok());
  EXPECT_EQ(serving, ServingStatus::kServing);
  EXPECT_EQ(client_->CheckHealth("other", WithDeadline(), &serving).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST(StrobeClientConnectTest, NobodyListeningIsUnavailable) {
  const auto client = StrobeClient::Connect("127.0.0.1:1");
  v1::ListModelsResponse response;
  EXPECT_EQ(client->ListModels({.deadline = absl::Minutes(2)}, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace strobe::client
