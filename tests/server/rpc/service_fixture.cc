#include "tests/server/rpc/service_fixture.h"

#include <sstream>
#include <utility>

#include <grpc/grpc.h>
#include <grpcpp/generic/generic_stub.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/startup/batcher_forecast.h"
#include "tests/fakes/metrics_text.h"

namespace strobe::server {
namespace {

double SumOfOutcomes(const prometheus::Registry& metrics) {
  double sum = 0;
  std::istringstream lines(MetricsText(metrics));
  for (std::string line; std::getline(lines, line);) {
    if (absl::StartsWith(line, "strobe_requests_total{")) {
      sum += std::stod(line.substr(line.rfind(' ')));
    }
  }
  return sum;
}

}  // namespace

void CopyingConsumer::Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) {
  const size_t bytes = bytes_per_picture;
  decoded.encoded = bytes > 0
                        ? std::string(bytes, 'x')
                        : std::string(decoded.image.pixels.begin(), decoded.image.pixels.end());
  decoded.image.pixels.clear();
  std::function<void()> encoding;
  {
    absl::MutexLock lock(&mu_);
    encoding = encoding_;
  }
  encoding();
  task->DeliverPicture(std::move(decoded));
  absl::MutexLock lock(&mu_);
  ++delivered_;
}

void CopyingConsumer::WaitFor(int count) {
  absl::MutexLock lock(&mu_);
  const auto reached = [this, count]()
                           ABSL_SHARED_LOCKS_REQUIRED(mu_) { return delivered_ >= count; };
  mu_.Await(absl::Condition(&reached));
}

// Without a last user, gRPC would end after every test, and wait for up to 10 s for a thread that
// looks after a write that was stuck.
void ServiceTest::SetUpTestSuite() { grpc_init(); }

void ServiceTest::Start(const AdmissionOptions& options, const CostModel& cost_model,
                        bool install_backend) {
  Stop();
  if (models_.List().empty()) {
    models_.Add(engine_.model().key(), engine_.model().description());
  }
  metrics_ = std::make_unique<FixtureMetrics>();
  // The clock jumps by minutes while a stage runs.
  const BatchingOptions batching = {.hang_timeout = absl::InfiniteDuration()};
  batcher_ = std::make_unique<RequestBatcher>(batching, clock_, consumer_, metrics_->batching);
  batcher_->Start({{&engine_, engine_.lanes}}, DeviceCosts(cost_model));
  admission_ = std::make_unique<AdmissionController>(options, clock_, metrics_->admission,
                                                     ForecasterOf(*batcher_));
  admission_->SetState(AdmissionController::State::kServing);
  RequestIntake::Options intake;
  intake.random = [] { return uint64_t{0xabc}; };
  intake.log_request = [this](const RequestRecord& record) {
    absl::MutexLock lock(&mu_);
    records_.push_back(record);
  };
  intake_ = std::make_unique<RequestIntake>(std::move(intake), clock_, metrics_->requests);
  ServiceCore::Options core;
  core.watchdog_period = absl::InfiniteDuration();
  core_ = std::make_unique<ServiceCore>(std::move(core), *intake_, clock_, metrics_->rpc);
  image_service_ = std::make_unique<ImageGenerationService>(*core_);
  inference_service_ = std::make_unique<InferenceService>(*core_);
  if (install_backend) intake_->Install({models_, *admission_, *batcher_});
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.RegisterService(image_service_.get());
  builder.RegisterService(inference_service_.get());
  server_ = builder.BuildAndStart();
  ASSERT_NE(server_, nullptr);
  channel_ =
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  stub_ = v1::ImageGenerationService::NewStub(channel_);
}

void ServiceTest::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown();
  server_.reset();
  EXPECT_EQ(admission_->reserved_samples(), 0);
  EXPECT_EQ(intake_->in_flight().count(), 0);
  EXPECT_EQ(metrics_->requests.in_flight.Value(), 0);
  EXPECT_EQ(metrics_->requests.started_total.Value(), SumOfOutcomes(metrics_->registry));
  inference_service_.reset();
  image_service_.reset();
  core_.reset();
  intake_.reset();
  admission_.reset();
  batcher_.reset();
  EXPECT_EQ(engine_.live_samples(), 0);
}

void ServiceTest::TearDown() {
  engine_.Release();
  consumer_.bytes_per_picture = 0;
  admission_->SetState(AdmissionController::State::kServing);
  std::vector<v1::GenerateImagesResponse> events;
  const grpc::Status status = Generate(Request("the next good request"), &events);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(!events.empty() && events.back().has_completed());
  Stop();
}

v1::GenerateImagesRequest ServiceTest::Request(const std::string& prompt, int num_images) {
  v1::GenerateImagesRequest request;
  request.set_prompt(prompt);
  request.set_num_images(num_images);
  request.set_seed(7);
  return request;
}

std::unique_ptr<ServiceTest::Call> ServiceTest::Open(const v1::GenerateImagesRequest& request) {
  auto call = std::make_unique<Call>();
  call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  call->reader = stub_->GenerateImages(&call->context, request);
  return call;
}

void ServiceTest::ExpectAccepted(Call& call) {
  v1::GenerateImagesResponse event;
  ASSERT_TRUE(call.reader->Read(&event));
  ASSERT_TRUE(event.has_accepted());
}

std::vector<v1::GenerateImagesResponse> ServiceTest::ReadAll(Call& call, grpc::Status* status) {
  std::vector<v1::GenerateImagesResponse> events;
  for (v1::GenerateImagesResponse event; call.reader->Read(&event);) events.push_back(event);
  *status = call.reader->Finish();
  return events;
}

grpc::Status ServiceTest::Generate(const v1::GenerateImagesRequest& request,
                                   std::vector<v1::GenerateImagesResponse>* events) {
  const auto call = Open(request);
  grpc::Status status;
  auto all = ReadAll(*call, &status);
  if (events != nullptr) *events = std::move(all);
  return status;
}

grpc::Status ServiceTest::SendBytes(const std::string& method, const std::string& bytes) {
  grpc::GenericStub generic(channel_);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::CompletionQueue queue;
  const auto call = generic.PrepareCall(
      &context,
      method[0] == '/' ? method : absl::StrCat("/strobe.v1.ImageGenerationService/", method),
      &queue);
  grpc::Status status;
  grpc::ByteBuffer response;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  call->StartCall(nullptr);
  EXPECT_TRUE(next());
  call->WriteLast(request, grpc::WriteOptions(), nullptr);
  next();
  call->Read(&response, nullptr);
  while (next()) call->Read(&response, nullptr);
  call->Finish(&status, nullptr);
  next();
  return status;
}

RequestRecord ServiceTest::WaitForRecord(int number) {
  EXPECT_TRUE(HasRecords(number + 1, absl::Minutes(2)));
  absl::MutexLock lock(&mu_);
  return records_.size() > static_cast<size_t>(number) ? records_[number] : RequestRecord();
}

bool ServiceTest::HasRecords(int count, absl::Duration timeout) {
  absl::MutexLock lock(&mu_);
  const auto reached = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return records_.size() >= static_cast<size_t>(count);
  };
  return mu_.AwaitWithTimeout(absl::Condition(&reached), timeout);
}

}  // namespace strobe::server
