#include "server/program/server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <inference/open_inference.grpc.pb.h>
#include <strobe/v1/image_generation.grpc.pb.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/fakes/fake_stage_engine.h"
#include "tests/server/health_client.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;

constexpr char kReadiness[] = "strobe.v1.ImageGenerationService";

// google.rpc.ErrorInfo.reason of an error.
std::string ReasonOf(const grpc::Status& status) {
  google::rpc::Status packed;
  packed.ParseFromString(status.error_details());
  google::rpc::ErrorInfo info;
  for (const auto& detail : packed.details()) {
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

// GET /metrics of a local port.
std::string Scrape(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = "GET /metrics HTTP/1.0\r\n\r\n";
    send(fd, request.data(), request.size(), MSG_NOSIGNAL);
    char buffer[4096];
    for (ssize_t n; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;) text.append(buffer, n);
  }
  close(fd);
  return text;
}

// A server on free ports with the fake engine, and a client of it.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    options_.models = {"fake"};
    options_.ports.address = "127.0.0.1:0";
    options_.metrics_address.clear();  // its HTTP server takes two seconds to stop
  }

  // Also opens the metrics' port.
  void WithMetrics() { options_.metrics_address = "127.0.0.1:0"; }

  ~ServerTest() override {
    if (engine_ != nullptr) engine_->Release();
    if (drain_.joinable()) drain_.join();
  }

  // Only opens the ports.
  absl::Status Open() {
    auto server = Server::Start(options_, BuildInfo(), Clock::Real(), [this](const FatalFault& f) {
      fault_ = f;
      fatal_.Notify();
    });
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                   grpc::InsecureChannelCredentials());
    stub_ = v1::ImageGenerationService::NewStub(channel_);
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<StageEngine>> MakeEngine(const EngineReports& reports) {
    reports_ = reports;
    auto engine = std::make_unique<FakeStageEngine>();
    engine_ = engine.get();
    return engine;
  }

  void StartLoaded() {
    ASSERT_EQ(Open(), absl::OkStatus());
    ASSERT_EQ(server_->Load([this](const std::string&, const std::vector<ModelSource>&,
                                   const EngineReports& reports) { return MakeEngine(reports); }),
              absl::OkStatus());
  }

  void StartWarm() {
    StartLoaded();
    ASSERT_EQ(server_->WarmUp(), absl::OkStatus());
  }

  // One call in a thread of its own; Wait gives its end.
  class Call {
   public:
    Call(v1::ImageGenerationService::Stub& stub, v1::GenerateImagesRequest request)
        : thread_([this, &stub, request] {
            const auto reader = stub.GenerateImages(&context_, request);
            v1::GenerateImagesResponse event;
            while (reader->Read(&event)) {
              if (event.has_accepted()) accepted_.Notify();
              images_ += event.has_image();
            }
            status_ = reader->Finish();
          }) {}
    grpc::Status Wait() {
      if (thread_.joinable()) thread_.join();
      return status_;
    }
    ~Call() { Wait(); }
    void WaitAccepted() { accepted_.WaitForNotification(); }
    int images() const { return images_; }

   private:
    grpc::ClientContext context_;
    int images_ = 0;
    grpc::Status status_;
    absl::Notification accepted_;
    std::thread thread_;  // last: uses everything above
  };

  static v1::GenerateImagesRequest Request(int num_images = 1) {
    v1::GenerateImagesRequest request;
    request.set_prompt("a red circle");
    request.set_num_images(num_images);
    return request;
  }

  grpc::Status Generate(const v1::GenerateImagesRequest& request,
                        absl::Duration timeout = absl::Minutes(2)) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    const auto reader = stub_->GenerateImages(&context, request);
    v1::GenerateImagesResponse event;
    while (reader->Read(&event)) {
    }
    return reader->Finish();
  }

  grpc::Status ListModels() {
    grpc::ClientContext context;
    v1::ListModelsResponse models;
    return stub_->ListModels(&context, {}, &models);
  }

  // Starts Drain in a thread and returns when new requests are refused for it.
  void StartDrain() {
    drain_ = std::thread([this] { server_->Drain(); });
    for (grpc::Status status; ReasonOf(status) != "DRAINING";) {
      status = Generate(Request(), absl::Milliseconds(50));
      ASSERT_FALSE(status.ok());
    }
  }

  ServerOptions options_;
  EngineReports reports_;
  FatalFault fault_;  // complete when `fatal_` is notified
  absl::Notification fatal_;
  FakeStageEngine* engine_ = nullptr;
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ImageGenerationService::Stub> stub_;
  std::thread drain_;
};

TEST_F(ServerTest, IsAliveAndCountsWhileTheModelsLoad) {
  WithMetrics();
  ASSERT_EQ(Open(), absl::OkStatus());
  absl::Notification loading;
  absl::Notification go_on;
  std::thread load([&] {
    const EngineFactory slow = [&](const std::string&, const std::vector<ModelSource>&,
                                   const EngineReports& reports) {
      loading.Notify();
      go_on.WaitForNotification();
      return MakeEngine(reports);
    };
    EXPECT_EQ(server_->Load(slow), absl::OkStatus());
  });
  loading.WaitForNotification();
  EXPECT_EQ(CheckHealth(channel_, ""), "SERVING");
  EXPECT_EQ(CheckHealth(channel_, kReadiness), "NOT_SERVING");
  EXPECT_EQ(ReasonOf(Generate(Request())), "WARMING_UP");
  EXPECT_EQ(ReasonOf(ListModels()), "WARMING_UP");
  EXPECT_THAT(Scrape(server_->metrics_port()),
              HasSubstr("\nstrobe_requests_total{outcome=\"rejected\",reason=\"WARMING_UP\"} 1\n"));
  go_on.Notify();
  load.join();
  EXPECT_TRUE(ListModels().ok());
  EXPECT_EQ(CheckHealth(channel_, kReadiness), "NOT_SERVING");
}

TEST_F(ServerTest, IsReadyOnlyAfterWarmUp) {
  StartLoaded();
  EXPECT_EQ(CheckHealth(channel_, ""), "SERVING");
  EXPECT_EQ(CheckHealth(channel_, kReadiness), "NOT_SERVING");
  const grpc::Status early = Generate(Request());
  EXPECT_EQ(early.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(early), "WARMING_UP");

  engine_->Block();
  std::thread warm_up([this] { EXPECT_EQ(server_->WarmUp(), absl::OkStatus()); });
  engine_->WaitForCalls(1);
  EXPECT_EQ(CheckHealth(channel_, kReadiness), "NOT_SERVING");
  EXPECT_EQ(CheckHealth(channel_, ""), "SERVING");
  engine_->Release();
  warm_up.join();

  EXPECT_EQ(CheckHealth(channel_, kReadiness), "SERVING");
  Call call(*stub_, Request(3));
  EXPECT_TRUE(call.Wait().ok()) << call.Wait().error_message();
  EXPECT_EQ(call.images(), 3);
}

TEST_F(ServerTest, OptionsReachTheParts) {
  WithMetrics();
  options_.backend.admission.queue_capacity = 17;
  options_.requests.max_images_per_request = 3;
  options_.requests.max_prompt_bytes = 20;
  options_.backend.batching.policy.max_batch_size = 2;
  StartWarm();
  EXPECT_THAT(Scrape(server_->metrics_port()), HasSubstr("\nstrobe_queue_capacity 17\n"));
  grpc::ClientContext context;
  v1::ListModelsResponse models;
  ASSERT_TRUE(stub_->ListModels(&context, {}, &models).ok());
  EXPECT_EQ(models.models(0).max_num_images(), 3);
  v1::GenerateImagesRequest request = Request();
  request.set_prompt(std::string(21, 'x'));
  EXPECT_EQ(Generate(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Generate(Request(3)).ok());
  for (const EngineCall& call : engine_->calls()) EXPECT_LE(call.prompts.size(), 2u);
}

TEST_F(ServerTest, MetricsCountRequestsAndTheEnginesReportsButNotTheWarmUp) {
  WithMetrics();
  StartLoaded();
  reports_.prompt_lookups(100, 100);
  reports_.network_rows(Stage::kDenoise, 100, 100);
  ASSERT_EQ(server_->WarmUp(), absl::OkStatus());
  reports_.prompt_lookups(2, 3);
  reports_.network_rows(Stage::kDenoise, 5, 3);
  reports_.device_memory(4096, 8192);
  ASSERT_TRUE(Generate(Request(2)).ok());
  const std::string text = Scrape(server_->metrics_port());
  EXPECT_THAT(text, HasSubstr("\nstrobe_prompt_cache_hits_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\nstrobe_prompt_cache_misses_total 3\n"));
  EXPECT_THAT(text, HasSubstr("strobe_device_memory_bytes{kind=\"allocated\"} 4096"));
  EXPECT_THAT(text, HasSubstr("strobe_device_memory_bytes{kind=\"reserved\"} 8192"));
  EXPECT_THAT(text, HasSubstr("\nstrobe_images_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\nstrobe_draining 0\n"));
}

TEST_F(ServerTest, MetricsMayBeOff) {
  StartWarm();
  EXPECT_EQ(server_->metrics_port(), 0);
  EXPECT_TRUE(Generate(Request()).ok());
}

TEST_F(ServerTest, ARequestOfTextsAtTheirLimitsIsServed) {
  options_.requests.max_prompt_bytes = 16'384;
  StartWarm();
  inference::ModelInferRequest request;
  auto& prompts = *request.add_inputs();
  prompts.set_name("prompt");
  prompts.set_datatype("BYTES");
  prompts.add_shape(options_.requests.max_images_per_request);
  for (int i = 0; i < options_.requests.max_images_per_request; ++i) {
    prompts.mutable_contents()->add_bytes_contents(std::string(16'384, 'x'));
  }
  const auto infer = [&] {
    grpc::ClientContext context;
    inference::ModelInferResponse response;
    return inference::GRPCInferenceService::NewStub(channel_)->ModelInfer(&context, request,
                                                                          &response);
  };
  const grpc::Status served = infer();
  EXPECT_TRUE(served.ok()) << served.error_message();
  request.set_id(std::string(400'000, 'x'));  // what cannot be valid is not read
  EXPECT_EQ(infer().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ServerTest, APortInUseIsNamed) {
  WithMetrics();
  ASSERT_EQ(Open(), absl::OkStatus());
  ServerOptions options = options_;
  options.ports.address = absl::StrCat("127.0.0.1:", server_->port());
  auto second = Server::Start(options, BuildInfo(), Clock::Real(), nullptr);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(options.ports.address));

  options.ports.address = "127.0.0.1:0";
  options.metrics_address = absl::StrCat("127.0.0.1:", server_->metrics_port());
  second = Server::Start(options, BuildInfo(), Clock::Real(), nullptr);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(options.metrics_address));
}

TEST_F(ServerTest, AnEngineThatDoesNotLoadIsTheErrorOfLoad) {
  ASSERT_EQ(Open(), absl::OkStatus());
  const EngineFactory broken =
      [](const std::string&, const std::vector<ModelSource>&,
         const EngineReports&) -> absl::StatusOr<std::unique_ptr<StageEngine>> {
    return absl::NotFoundError("m/unet/config.json: no such file");
  };
  EXPECT_EQ(server_->Load(broken), absl::NotFoundError("m/unet/config.json: no such file"));
  server_.reset();
  EXPECT_FALSE(Generate(Request()).ok());
}

TEST_F(ServerTest, DrainTurnsReadinessOffAndLetsAdmittedWorkFinish) {
  WithMetrics();
  StartWarm();
  HealthWatch watch(channel_, kReadiness);
  EXPECT_EQ(watch.Next(), "SERVING");
  const int calls = static_cast<int>(engine_->calls().size());
  engine_->Block();
  Call call(*stub_, Request(2));
  engine_->WaitForCalls(calls + 1);
  StartDrain();
  EXPECT_EQ(watch.Next(), "NOT_SERVING");
  EXPECT_EQ(CheckHealth(channel_, ""), "SERVING");
  EXPECT_THAT(Scrape(server_->metrics_port()), HasSubstr("\nstrobe_draining 1\n"));
  engine_->Release();
  EXPECT_TRUE(call.Wait().ok()) << call.Wait().error_message();
  EXPECT_EQ(call.images(), 2);
  drain_.join();  // though the health watch is still open
  EXPECT_THAT(Scrape(server_->metrics_port()), HasSubstr("\nstrobe_inflight_requests 0\n"));
}

TEST_F(ServerTest, WhatIsLeftAfterTheDrainTimeoutIsUnavailable) {
  options_.drain_timeout = absl::ZeroDuration();
  options_.backend.batching.policy.max_batch_size = 1;
  StartWarm();
  const int calls = static_cast<int>(engine_->calls().size());
  engine_->Block();
  Call call(*stub_, Request(8));  // 8 samples x 4 stages: far from done when the batcher stops
  engine_->WaitForCalls(calls + 1);
  absl::Notification drained;
  drain_ = std::thread([&] {
    server_->Drain();
    drained.Notify();
  });
  while (CheckHealth(channel_, kReadiness) == "SERVING") {
  }
  // The batcher stops between two of the engine's calls, once it has been told to.
  while (!drained.WaitForNotificationWithTimeout(absl::Milliseconds(500))) engine_->Step();
  EXPECT_EQ(call.Wait().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, AbortEndsADrainAtOnceAndTheCountersAddUp) {
  WithMetrics();
  options_.drain_timeout = absl::Hours(1);
  options_.drain_delay = absl::Hours(1);
  StartWarm();
  const int calls = static_cast<int>(engine_->calls().size());
  engine_->Block();
  Call running(*stub_, Request());
  engine_->WaitForCalls(calls + 1);
  Call waiting(*stub_, Request(2));
  running.WaitAccepted();
  waiting.WaitAccepted();
  drain_ = std::thread([this] { server_->Drain(); });
  server_->Abort();
  for (Call* call : {&running, &waiting}) {  // the engine still hangs
    EXPECT_EQ(call->Wait().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(call->Wait()), "SHUTTING_DOWN");
  }
  engine_->Release();
  drain_.join();
  const std::string text = Scrape(server_->metrics_port());
  EXPECT_THAT(text, HasSubstr("\nstrobe_requests_started_total 2\n"));
  EXPECT_THAT(text, HasSubstr("\nstrobe_inflight_requests 0\n"));
  EXPECT_THAT(
      text, HasSubstr("\nstrobe_requests_total{outcome=\"failed\",reason=\"SHUTTING_DOWN\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("reason=\"CANCELLED\"} 0\n"));
}

TEST_F(ServerTest, DuringTheDrainDelayNewRequestsAreServed) {
  options_.drain_delay = absl::Hours(1);
  StartWarm();
  HealthWatch watch(channel_, kReadiness);
  EXPECT_EQ(watch.Next(), "SERVING");
  drain_ = std::thread([this] { server_->Drain(); });
  EXPECT_EQ(watch.Next(), "NOT_SERVING");
  EXPECT_TRUE(Generate(Request()).ok());
  server_->Abort();
  drain_.join();
}

TEST_F(ServerTest, ALostDeviceEndsEveryRequestAndTurnsHealthOffBeforeItLeaves) {
  WithMetrics();
  options_.backend.batching.policy.max_batch_size = 1;
  StartWarm();
  HealthWatch readiness(channel_, kReadiness);
  HealthWatch liveness(channel_, "");
  EXPECT_EQ(readiness.Next(), "SERVING");
  EXPECT_EQ(liveness.Next(), "SERVING");
  const int calls = static_cast<int>(engine_->calls().size());
  engine_->Block();
  v1::GenerateImagesRequest request = Request(2);
  request.set_prompt("lose-device");
  Call loses(*stub_, request);
  engine_->WaitForCalls(calls + 1);
  Call waits(*stub_, Request(3));
  loses.WaitAccepted();
  waits.WaitAccepted();
  engine_->Release();
  for (Call* call : {&loses, &waits}) {
    EXPECT_EQ(call->Wait().error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(ReasonOf(call->Wait()), "DEVICE_FAULT");
  }
  EXPECT_EQ(readiness.Next(), "NOT_SERVING");
  EXPECT_EQ(liveness.Next(), "NOT_SERVING");
  fatal_.WaitForNotification();
  EXPECT_EQ(fault_.kind, EngineFault::kDeviceLost);
  const std::string text = Scrape(server_->metrics_port());
  EXPECT_THAT(text, HasSubstr("\nstrobe_ready 0\n"));
  EXPECT_THAT(text, HasSubstr("\nstrobe_inflight_requests 0\n"));
  EXPECT_THAT(text,
              HasSubstr("\nstrobe_requests_total{outcome=\"failed\",reason=\"DEVICE_FAULT\"} 2\n"));
  EXPECT_EQ(Generate(Request()).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, AHungEngineEndsTheServerThoughItNeverReturns) {
  options_.backend.batching.hang_timeout = absl::Milliseconds(100);
  StartWarm();
  HealthWatch liveness(channel_, "");
  EXPECT_EQ(liveness.Next(), "SERVING");
  v1::GenerateImagesRequest request = Request();
  request.set_prompt("hang");
  Call hangs(*stub_, request);
  EXPECT_EQ(ReasonOf(hangs.Wait()), "DEVICE_FAULT");
  EXPECT_EQ(liveness.Next(), "NOT_SERVING");
  fatal_.WaitForNotification();  // the engine still hangs
  EXPECT_EQ(fault_.kind, EngineFault::kHung);
}

TEST_F(ServerTest, AnEngineThatHangsDuringTheDrainIsFound) {
  options_.backend.batching.hang_timeout = absl::Milliseconds(100);
  options_.drain_timeout = absl::ZeroDuration();
  StartWarm();
  const int calls_of_warm_up = static_cast<int>(engine_->calls().size());
  v1::GenerateImagesRequest request = Request();
  request.set_prompt("hang");
  const Call hangs(*stub_, request);
  engine_->WaitForCalls(calls_of_warm_up + 2);  // the prompt is encoded, its first step hangs
  drain_ = std::thread([this] { server_->Drain(); });
  fatal_.WaitForNotification();
  EXPECT_EQ(fault_.kind, EngineFault::kHung);
}

}  // namespace
}  // namespace strobe::server
