#include "server/rpc/open_inference/inference_service.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <inference/open_inference.grpc.pb.h>

#include "absl/strings/str_cat.h"
#include "tests/fakes/metrics_text.h"
#include "tests/server/rpc/service_fixture.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr size_t kMebibyte = 1 << 20;

class InferenceServiceTest : public ServiceTest {
 protected:
  using Request = inference::ModelInferRequest;
  using Response = inference::ModelInferResponse;

  static Request Ask(const std::vector<std::string>& prompts, bool raw = false) {
    Request request;
    auto& input = *request.add_inputs();
    input.set_name("prompt");
    input.set_datatype("BYTES");
    input.add_shape(static_cast<int64_t>(prompts.size()));
    std::string bytes;
    for (const std::string& prompt : prompts) {
      if (!raw) input.mutable_contents()->add_bytes_contents(prompt);
      absl::StrAppend(&bytes, std::string{static_cast<char>(prompt.size()), 0, 0, 0}, prompt);
    }
    if (raw) request.add_raw_input_contents(bytes);
    (*request.mutable_parameters())["seed"].set_int64_param(7);
    return request;
  }

  grpc::Status Infer(const Request& request, Response* response = nullptr) {
    grpc::ClientContext context;
    return Infer(context, request, response);
  }
  grpc::Status Infer(grpc::ClientContext& context, const Request& request,
                     Response* response = nullptr) {
    Response unused;
    return InferenceStub()->ModelInfer(&context, request, response ? response : &unused);
  }

  std::unique_ptr<inference::GRPCInferenceService::Stub> InferenceStub() {
    return inference::GRPCInferenceService::NewStub(channel_);
  }

  static std::string Pixels(const std::string& prompt, uint64_t seed) {
    const auto pixels = FakeStageEngine::PictureOf({prompt, "", 16, 16, 2, 1.0, seed}, 2).pixels;
    return {pixels.begin(), pixels.end()};
  }
};

TEST_F(InferenceServiceTest, DrawsAnImageForEachPromptInOrder) {
  Request request = Ask({"a cat", "a dog", "a cow"}, /*raw=*/true);
  request.set_id("mine");
  Response response;
  ASSERT_TRUE(Infer(request, &response).ok());
  EXPECT_EQ(response.model_name(), "fake");
  EXPECT_EQ(response.model_version(), "1");
  EXPECT_EQ(response.id(), "mine");
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_EQ(response.outputs(0).name(), "image");
  EXPECT_EQ(response.outputs(0).datatype(), "UINT8");
  EXPECT_THAT(response.outputs(0).shape(), testing::ElementsAre(3, 16, 16, 3));
  EXPECT_FALSE(response.outputs(0).has_contents());
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  EXPECT_EQ(response.raw_output_contents(0),
            Pixels("a cat", 7) + Pixels("a dog", 8) + Pixels("a cow", 9));
  EXPECT_EQ(response.parameters().at("seed").uint64_param(), 7u);
  EXPECT_EQ(response.parameters().at("steps_done").int64_param(), 2);
  EXPECT_FALSE(response.parameters().at("prompt_truncated").bool_param());
  EXPECT_EQ(response.parameters().at("request_id").string_param(), "0000000000000abc");

  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.outcome, Outcome::kOk);
  EXPECT_EQ(record.images_sent, 3);
  EXPECT_EQ(record.prompt_bytes, 15);
  EXPECT_EQ(record.caller, "ipv4:127.0.0.1");
}

TEST_F(InferenceServiceTest, TypedRequestsGetTypedResponses) {
  Response response;
  ASSERT_TRUE(Infer(Ask({"a cat"}), &response).ok());
  EXPECT_EQ(response.raw_output_contents_size(), 0);
  const auto& values = response.outputs(0).contents().uint_contents();
  EXPECT_EQ(std::string(values.begin(), values.end()), Pixels("a cat", 7));
}

TEST_F(InferenceServiceTest, FilesAreElementsOfABytesTensor) {
  consumer_.bytes_per_picture = 300;
  Request request = Ask({"a cat", "a dog"}, /*raw=*/true);
  request.add_outputs()->set_name("encoded_image");
  Response response;
  ASSERT_TRUE(Infer(request, &response).ok());
  EXPECT_EQ(response.outputs(0).name(), "encoded_image");
  EXPECT_EQ(response.outputs(0).datatype(), "BYTES");
  EXPECT_THAT(response.outputs(0).shape(), testing::ElementsAre(2));
  EXPECT_EQ(response.outputs(0).parameters().at("mime_type").string_param(), "image/png");
  const std::string file = std::string("\x2c\x01\0\0", 4) + std::string(300, 'x');
  EXPECT_EQ(response.raw_output_contents(0), file + file);

  request = Ask({"a cat"});
  (*request.mutable_parameters())["format"].set_string_param("webp");
  ASSERT_TRUE(Infer(request, &response).ok());
  EXPECT_EQ(response.outputs(0).contents().bytes_contents(0), std::string(300, 'x'));
  EXPECT_EQ(response.outputs(0).parameters().at("mime_type").string_param(), "image/webp");
}

TEST_F(InferenceServiceTest, ItsErrorsAreThoseOfGenerateImages) {
  Request request = Ask({"a cat", " "});
  (*request.mutable_parameters())["width"].set_int64_param(7);
  const grpc::Status invalid = Infer(request);
  EXPECT_EQ(invalid.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(Unpack(invalid, &bad_request));
  ASSERT_EQ(bad_request.field_violations_size(), 2);
  EXPECT_EQ(bad_request.field_violations(0).field(), "prompt[1]");
  EXPECT_EQ(bad_request.field_violations(1).field(), "width");
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kInvalid);

  request = Ask({"a cat"});
  request.set_model_name("secret");
  const grpc::Status unknown = Infer(request);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(unknown.error_message(), Not(HasSubstr("secret")));

  const grpc::Status failed = Infer(Ask({"fail-denoise"}));
  EXPECT_EQ(failed.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(WaitForRecord(2).outcome, Outcome::kFailed);

  admission_->SetState(AdmissionController::State::kDraining);
  EXPECT_EQ(ReasonIn(Infer(Ask({"too late"}))), "DRAINING");
  EXPECT_EQ(WaitForRecord(3).outcome, Outcome::kRejected);
}

TEST_F(InferenceServiceTest, GarbageAndBadUtf8AreInvalidArgument) {
  const std::string method = "/inference.GRPCInferenceService/ModelInfer";
  const grpc::Status garbage = SendBytes(method, "\xff\xff\xff");
  EXPECT_EQ(garbage.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonIn(garbage), "UNDECODABLE_REQUEST");
  EXPECT_THAT(garbage.error_message(), HasSubstr("inference.ModelInferRequest"));
  const grpc::Status name = SendBytes(method, std::string("\x0a\x03") + "a\xc3\x28");
  EXPECT_EQ(ReasonIn(name), "INVALID_UTF8");
  EXPECT_THAT(name.error_message(), HasSubstr("model_name"));
  EXPECT_EQ(ReasonIn(Infer(Ask({"a\xc3\x28"}))), "INVALID_UTF8");
  EXPECT_EQ(WaitForRecord(2).outcome, Outcome::kInvalid);
  for (const char* other : {"ModelReady", "ModelMetadata"}) {
    const grpc::Status status =
        SendBytes(absl::StrCat("/inference.GRPCInferenceService/", other), "\xff\xff\xff");
    EXPECT_EQ(ReasonIn(status), "UNDECODABLE_REQUEST") << other;
  }
}

TEST_F(InferenceServiceTest, ItsRequestsShareQueueAndQuotaWithTheOthers) {
  Start({.queue_capacity = 4, .caller_inflight_limit = 1});
  engine_.Block();
  const auto first = Open(ServiceTest::Request("the one"));
  ExpectAccepted(*first);
  grpc::ClientContext context;
  const grpc::Status quota = Infer(context, Ask({"another"}));
  EXPECT_EQ(quota.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonIn(quota), "CALLER_QUOTA");
  EXPECT_EQ(context.GetServerTrailingMetadata().count("grpc-retry-pushback-ms"), 1u);
  engine_.Release();
  grpc::Status status;
  ReadAll(*first, &status);
  Start({.queue_capacity = 2});
  EXPECT_EQ(ReasonIn(Infer(Ask({"a", "b", "c"}))), "QUEUE_FULL");
}

TEST_F(InferenceServiceTest, TimeoutIsADeadline) {
  engine_.Block();
  Request request = Ask({"late"});
  (*request.mutable_parameters())["timeout"].set_int64_param(1000000);
  grpc::ClientContext context;
  Response response;
  grpc::CompletionQueue queue;
  const auto call = InferenceStub()->AsyncModelInfer(&context, request, &queue);
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  engine_.WaitForCalls(1);
  clock_.Advance(absl::Seconds(1));
  intake_->deadlines().CheckNow();
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kExpired);
  engine_.Release();
  Start({.queue_capacity = 16});  // the stage took a second: nothing would be feasible
}

TEST_F(InferenceServiceTest, ACancelledCallLeavesAtTheNextBoundary) {
  engine_.Block();
  grpc::ClientContext context;
  Response response;
  grpc::CompletionQueue queue;
  const auto call = InferenceStub()->AsyncModelInfer(&context, Ask({"cancelled"}), &queue);
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  engine_.WaitForCalls(1);
  context.TryCancel();
  EXPECT_EQ(WaitForRecord(0).outcome, Outcome::kCancelled);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  engine_.Release();
  EXPECT_TRUE(Infer(Ask({"next"})).ok());
  for (const EngineCall& engine_call : engine_.calls()) {
    if (engine_call.stage != Stage::kEncodePrompt) {
      EXPECT_THAT(engine_call.prompts, Not(testing::Contains("cancelled")));
    }
  }
}

TEST_F(InferenceServiceTest, AReaderThatDoesNotReadIsCutOff) {
  consumer_.bytes_per_picture = kMebibyte;
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto call = InferenceStub()->AsyncModelInfer(
      &context, Ask(std::vector<std::string>(8, "a"), /*raw=*/true), &queue);
  call->ReadInitialMetadata(nullptr);  // starts the call, and asks for no message
  consumer_.WaitFor(8);
  core_->CheckCalls();
  EXPECT_FALSE(HasRecords(1, absl::ZeroDuration()));
  while (!HasRecords(1, absl::Milliseconds(20))) {
    clock_.Advance(absl::Seconds(30));
    core_->CheckCalls();
  }
  const RequestRecord record = WaitForRecord(0);
  EXPECT_EQ(record.reason, "SLOW_READER");
  EXPECT_EQ(record.images_sent, 0);
  Response response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  for (int i = 0; i < 2; ++i) queue.Next(&tag, &ok);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(InferenceServiceTest, TellsWhatItIsAndWhatItServes) {
  const auto stub = InferenceStub();
  {
    grpc::ClientContext context;
    inference::ServerLiveResponse live;
    ASSERT_TRUE(stub->ServerLive(&context, {}, &live).ok());
    EXPECT_TRUE(live.live());
  }
  {
    grpc::ClientContext context;
    inference::ServerMetadataResponse server;
    ASSERT_TRUE(stub->ServerMetadata(&context, {}, &server).ok());
    EXPECT_EQ(server.name(), "strobe");
  }
  grpc::ClientContext context;
  inference::ModelMetadataRequest request;
  inference::ModelMetadataResponse model;
  ASSERT_TRUE(stub->ModelMetadata(&context, request, &model).ok());
  EXPECT_EQ(model.name(), "fake");
  EXPECT_EQ(model.inputs(0).name(), "prompt");
  EXPECT_EQ(model.outputs(0).datatype(), "UINT8");
  EXPECT_THAT(model.outputs(0).shape(), testing::ElementsAre(-1, -1, -1, 3));
  request.set_name("nobody");
  grpc::ClientContext other;
  EXPECT_EQ(stub->ModelMetadata(&other, request, &model).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(InferenceServiceTest, IsReadyWhenReadinessSaysSo) {
  const auto stub = InferenceStub();
  const auto ready = [&](const std::string& name, const std::string& version) {
    grpc::ClientContext context;
    inference::ModelReadyRequest request;
    inference::ModelReadyResponse response;
    request.set_name(name);
    request.set_version(version);
    EXPECT_TRUE(stub->ModelReady(&context, request, &response).ok());
    return response.ready();
  };
  for (const bool on : {false, true, false}) {
    core_->SetReady(on);
    grpc::ClientContext context;
    inference::ServerReadyResponse response;
    ASSERT_TRUE(stub->ServerReady(&context, {}, &response).ok());
    EXPECT_EQ(response.ready(), on);
    EXPECT_EQ(ready("fake", ""), on);
  }
  core_->SetReady(true);
  EXPECT_TRUE(ready("", "1"));
  EXPECT_FALSE(ready("nobody", ""));
  EXPECT_FALSE(ready("fake", "2"));
}

TEST_F(InferenceServiceTest, CallsAreCountedUnderTheirOwnNames) {
  ASSERT_TRUE(Infer(Ask({"a cat"})).ok());
  WaitForRecord(0);
  const std::string labels =
      "grpc_method=\"ModelInfer\",grpc_service=\"inference.GRPCInferenceService\",grpc_type="
      "\"unary\"}";
  EXPECT_EQ(MetricValue(metrics_->registry, "grpc_server_started_total{" + labels), 1);
  EXPECT_EQ(MetricValue(metrics_->registry, "grpc_server_msg_sent_total{" + labels), 1);
  EXPECT_EQ(MetricValue(metrics_->registry, "grpc_server_handled_total{grpc_code=\"OK\"," + labels),
            1);
}

}  // namespace
}  // namespace strobe::server
