#include "server/rpc/strobe_v1/image_generation_service.h"

#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/metrics_text.h"
#include "tests/server/rpc/service_fixture.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr BatchKey kKey{1, 16, 16};

TEST_F(ServiceTest, SendsEveryEventInOrder) {
  v1::GenerateImagesRequest request = Request("a red circle", 2);
  request.set_num_inference_steps(3);
  std::vector<v1::GenerateImagesResponse> events;
  ASSERT_TRUE(Generate(request, &events).ok());
  ASSERT_GE(events.size(), 2u);
  ASSERT_TRUE(events.front().has_accepted());
  EXPECT_EQ(events.front().accepted().request_id(), "0000000000000abc");
  ASSERT_TRUE(events.back().has_completed());
  EXPECT_EQ(events.back().completed().num_images(), 2);
  EXPECT_EQ(events.back().completed().denoise_steps(), 6);

  std::map<int, int> steps;
  std::map<int, v1::GeneratedImage> images;
  for (size_t i = 1; i + 1 < events.size(); ++i) {
    if (events[i].has_progress()) {
      const v1::Progress& progress = events[i].progress();
      EXPECT_EQ(progress.steps_done(), ++steps[progress.index()]);
      EXPECT_EQ(progress.num_inference_steps(), 3);
      EXPECT_EQ(images.count(progress.index()), 0u);
    } else {
      ASSERT_TRUE(events[i].has_image());
      images[events[i].image().index()] = events[i].image();
    }
  }
  ASSERT_EQ(images.size(), 2u);
  for (const auto& [index, image] : images) {
    EXPECT_EQ(steps[index], 3);
    EXPECT_EQ(image.seed(), 7u + index);
    EXPECT_EQ(image.mime_type(), "image/png");
    EXPECT_EQ(image.width(), 16);
    EXPECT_EQ(image.steps_done(), 3);
    EXPECT_EQ(image.finish_reason(), v1::FINISH_REASON_STOP);
    EXPECT_EQ(image.account().denoise_batch_sizes_size(), 3);
    model::GenerationSpec spec{"a red circle", "", 16, 16, 3, 1.0f, image.seed()};
    const auto pixels = FakeStageEngine::PictureOf(spec, 3).pixels;
    EXPECT_EQ(image.data(), std::string(pixels.begin(), pixels.end()));
  }
  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.outcome, Outcome::kOk);
  EXPECT_EQ(record.model, "fake");
  EXPECT_EQ(record.images_sent, 2);
  EXPECT_EQ(record.prompt_bytes, 12);
  EXPECT_EQ(record.caller, "ipv4:127.0.0.1");
}

TEST_F(ServiceTest, SendsPartialImagesBeforeTheFinalOne) {
  v1::GenerateImagesRequest request = Request("a red circle");
  request.set_num_inference_steps(3);
  request.set_partial_images(2);
  std::vector<v1::GenerateImagesResponse> events;
  ASSERT_TRUE(Generate(request, &events).ok());
  std::vector<int> steps;
  for (const auto& event : events) {
    if (event.has_partial_image()) steps.push_back(event.partial_image().steps_done());
    if (event.has_image()) steps.push_back(-event.image().steps_done());
  }
  EXPECT_EQ(steps, (std::vector<int>{1, 2, -3}));
}

TEST_F(ServiceTest, TakesOverAndEchoesTheRequestId) {
  Call call;
  call.context.AddMetadata("x-request-id", "mine-42");
  call.reader = stub_->GenerateImages(&call.context, Request("a red circle"));
  grpc::Status status;
  const auto events = ReadAll(call, &status);
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(events.front().accepted().request_id(), "mine-42");
  const auto& metadata = call.context.GetServerInitialMetadata();
  const auto it = metadata.find("x-request-id");
  ASSERT_NE(it, metadata.end());
  EXPECT_EQ(std::string(it->second.data(), it->second.size()), "mine-42");
}

TEST_F(ServiceTest, GarbageAndBadUtf8AreInvalidArgument) {
  for (const std::string& bytes : {std::string("\xff\xff\xff"), std::string("\x12\x7f") + "abc"}) {
    const grpc::Status status = SendBytes("GenerateImages", bytes);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonIn(status), "UNDECODABLE_REQUEST");
  }
  const grpc::Status status = SendBytes("GenerateImages", std::string("\x12\x03") + "a\xc3\x28");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(status), "INVALID_UTF8");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(Unpack(status, &bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "prompt");
  EXPECT_EQ(WaitForRecord(2).outcome, Outcome::kInvalid);
  EXPECT_EQ(WaitForRecord(2).reason, "INVALID_UTF8");
}

TEST_F(ServiceTest, InvalidRequestsNameEveryField) {
  v1::GenerateImagesRequest request = Request(" ", -1);
  request.set_width(7);
  const grpc::Status status = Generate(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(Unpack(status, &bad_request));
  EXPECT_EQ(bad_request.field_violations_size(), 3);
  request.set_model("nobody");
  EXPECT_EQ(Generate(request).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(MetricValue(metrics_->registry,
                        "strobe_requests_total{outcome=\"invalid\",reason=\"MODEL_NOT_FOUND\"}"),
            1);
}

TEST_F(ServiceTest, CompressedRequestsAreRefused) {
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  const auto reader = stub_->GenerateImages(&context, Request(std::string(2000, 'x')));
  v1::GenerateImagesResponse event;
  EXPECT_FALSE(reader->Read(&event));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServiceTest, FullQueueTellsWhenToRetryBeforeAnyEvent) {
  Start({.queue_capacity = 2});
  engine_.Block();
  const auto first = Open(Request("holds the queue", 2));
  ExpectAccepted(*first);
  const auto refused = Open(Request("one too many"));
  v1::GenerateImagesResponse event;
  EXPECT_FALSE(refused->reader->Read(&event));
  const grpc::Status status = refused->reader->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "QUEUE_FULL");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(Unpack(status, &retry));
  EXPECT_GE(retry.retry_delay().nanos(), 50000000);
  EXPECT_EQ(refused->context.GetServerInitialMetadata().count("x-request-id"), 0u);
  EXPECT_EQ(refused->context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  engine_.Release();
  grpc::Status first_status;
  ReadAll(*first, &first_status);
  EXPECT_TRUE(first_status.ok());
}

TEST_F(ServiceTest, RefusesWhileDrainingAndWarmingUp) {
  admission_->SetState(AdmissionController::State::kDraining);
  grpc::Status status = Generate(Request("too late"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "DRAINING");
  admission_->SetState(AdmissionController::State::kWarmingUp);
  status = Generate(Request("too early"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(status), "WARMING_UP");
  EXPECT_EQ(WaitForRecord(1).outcome, Outcome::kRejected);
}

TEST_F(ServiceTest, IsWarmingUpUntilItsBackendIsInstalled) {
  Start({.queue_capacity = 16}, {}, /*install_backend=*/false);
  google::rpc::RetryInfo retry;
  const grpc::Status generated = Generate(Request("too early"));
  EXPECT_EQ(generated.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(generated), "WARMING_UP");
  ASSERT_TRUE(Unpack(generated, &retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kRejected);

  grpc::ClientContext context;
  v1::ListModelsResponse list;
  const grpc::Status listed = stub_->ListModels(&context, {}, &list);
  EXPECT_EQ(listed.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonIn(listed), "WARMING_UP");
  EXPECT_TRUE(Unpack(listed, &retry));
  EXPECT_EQ(context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  intake_->Install({models_, *admission_, *batcher_});  // and TearDown is served
}

TEST_F(ServiceTest, OneCallerMayHaveOnlySoManyRequests) {
  Start({.queue_capacity = 16, .caller_inflight_limit = 1});
  engine_.Block();
  const auto first = Open(Request("the one"));
  ExpectAccepted(*first);
  const grpc::Status status = Generate(Request("another"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(status), "CALLER_QUOTA");
  engine_.Release();
  grpc::Status first_status;
  ReadAll(*first, &first_status);
}

TEST_F(ServiceTest, RefusesDeadlinesThatCannotBeMet) {
  CostModel slow;
  slow.Observe(Stage::kDenoise, kKey, 1, absl::Seconds(50));  // two steps: 100 s of 60
  Start({.queue_capacity = 16}, slow);
  const grpc::Status status = Generate(Request("too slow"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonIn(status), "DEADLINE_INFEASIBLE");
  EXPECT_TRUE(engine_.calls().empty());
  Start({.queue_capacity = 16});
}

TEST_F(ServiceTest, EngineFailuresTellTheCallerOnlyTheRequestId) {
  const grpc::Status status = Generate(Request("fail-denoise"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), HasSubstr("0000000000000abc"));
  EXPECT_THAT(status.error_message() + status.error_details(), Not(HasSubstr("secret")));
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kFailed);
}

TEST_F(ServiceTest, ListsModelsWithTheirLimits) {
  grpc::ClientContext context;
  v1::ListModelsResponse list;
  ASSERT_TRUE(stub_->ListModels(&context, {}, &list).ok());
  ASSERT_EQ(list.models_size(), 1);
  EXPECT_EQ(list.models(0).name(), "fake");
  EXPECT_EQ(list.models(0).num_inference_steps_size(), 4);
  EXPECT_EQ(list.models(0).max_num_images(), 8);
  EXPECT_TRUE(SendBytes("ListModels", "\xff\xff").ok());
}

}  // namespace
}  // namespace strobe::server
