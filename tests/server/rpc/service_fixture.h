// A real gRPC server on a free port, over the fake engine.

#ifndef STROBE_TESTS_SERVER_RPC_SERVICE_FIXTURE_H_
#define STROBE_TESTS_SERVER_RPC_SERVICE_FIXTURE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <strobe/v1/image_generation.grpc.pb.h>

#include "absl/synchronization/mutex.h"
#include "server/admission/admission_controller.h"
#include "server/admission/admission_metrics.h"
#include "server/batching/batch_metrics.h"
#include "server/requests/request_intake.h"
#include "server/requests/request_metrics.h"
#include "server/rpc/open_inference/inference_service.h"
#include "server/rpc/rpc_metrics.h"
#include "server/rpc/service_core.h"
#include "server/rpc/strobe_v1/image_generation_service.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_stage_engine.h"

namespace strobe::server {

// What the rooms of the fixture count.
struct FixtureMetrics {
  prometheus::Registry registry;
  BatchMetrics batching{registry};
  AdmissionMetrics admission{registry};
  RequestMetrics requests{registry};
  RpcMetrics rpc{registry};
};

// "Encodes" each picture as `bytes_per_picture` bytes (0: its pixels) and delivers it at once,
// after its encoding.
class CopyingConsumer final : public PictureConsumer {
 public:
  void Consume(std::shared_ptr<GenerationTask> task, SampleResult decoded) override;
  // Blocks until `count` pictures were delivered.
  void WaitFor(int count);

  // What happens while a picture is encoded.
  void SetEncoding(std::function<void()> encoding) {
    absl::MutexLock lock(&mu_);
    encoding_ = std::move(encoding);
  }

  std::atomic<size_t> bytes_per_picture = 0;

 private:
  absl::Mutex mu_;
  std::function<void()> encoding_ ABSL_GUARDED_BY(mu_) = [] {};
  int delivered_ ABSL_GUARDED_BY(mu_) = 0;
};

// Everything between the port and the engine. At the end of each test it answers a good request,
// and the counters must add up.
class ServiceTest : public testing::Test {
 protected:
  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::GenerateImagesResponse>> reader;
  };

  static void SetUpTestSuite();
  void SetUp() override { Start({.queue_capacity = 16}); }
  void TearDown() override;

  // Replaces the server by one with other limits.
  void Start(const AdmissionOptions& options, const CostModel& cost_model = {},
             bool install_backend = true);

  static v1::GenerateImagesRequest Request(const std::string& prompt, int num_images = 1);

  std::unique_ptr<Call> Open(const v1::GenerateImagesRequest& request);
  // Reads the `accepted` event of a call.
  static void ExpectAccepted(Call& call);
  // The rest of the stream, and its status.
  static std::vector<v1::GenerateImagesResponse> ReadAll(Call& call, grpc::Status* status);
  grpc::Status Generate(const v1::GenerateImagesRequest& request,
                        std::vector<v1::GenerateImagesResponse>* events = nullptr);
  // Sends `bytes` as the request of `method`, one of strobe.v1 unless it names its service.
  grpc::Status SendBytes(const std::string& method, const std::string& bytes);

  // The record of the `number`th request to end, from 0; waits for it.
  RequestRecord WaitForRecord(int number);
  // False when fewer than `count` requests have ended within `timeout`.
  bool HasRecords(int count, absl::Duration timeout);

  FakeClock clock_;
  FakeStageEngine engine_;
  ModelRegistry models_;
  CopyingConsumer consumer_;
  std::unique_ptr<FixtureMetrics> metrics_;
  std::unique_ptr<RequestBatcher> batcher_;
  std::unique_ptr<AdmissionController> admission_;
  std::unique_ptr<RequestIntake> intake_;
  std::unique_ptr<ServiceCore> core_;
  std::unique_ptr<ImageGenerationService> image_service_;
  std::unique_ptr<InferenceService> inference_service_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ImageGenerationService::Stub> stub_;

 private:
  void Stop();

  absl::Mutex mu_;
  std::vector<RequestRecord> records_ ABSL_GUARDED_BY(mu_);
};

// Unpacks one google.rpc detail; false when there is none.
template <typename Detail>
bool Unpack(const grpc::Status& status, Detail* detail) {
  google::rpc::Status rpc_status;
  if (!rpc_status.ParseFromString(status.error_details())) return false;
  for (const auto& any : rpc_status.details()) {
    if (any.UnpackTo(detail)) return true;
  }
  return false;
}

// google.rpc.ErrorInfo.reason, or "".
inline std::string ReasonIn(const grpc::Status& status) {
  google::rpc::ErrorInfo info;
  return Unpack(status, &info) ? info.reason() : "";
}

}  // namespace strobe::server

#endif  // STROBE_TESTS_SERVER_RPC_SERVICE_FIXTURE_H_
