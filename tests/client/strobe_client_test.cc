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
  CallOptions WithDeadline() const { return {.deadline = absl::Seconds(20)}; }

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

TEST_F(StrobeClientTest, HealthIsWhatTheServerSays) {
  grpc::HealthCheckServiceInterface* health = server_.server->GetHealthCheckService();
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
  EXPECT_EQ(client->ListModels({.deadline = absl::Seconds(20)}, &response).error_code(),
            grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace strobe::client
