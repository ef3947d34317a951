// An image generation server that plays a script.

#ifndef STROBE_TESTS_CLIENT_FAKE_IMAGE_SERVICE_H_
#define STROBE_TESTS_CLIENT_FAKE_IMAGE_SERVICE_H_

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "strobe/v1/image_generation.grpc.pb.h"

namespace strobe::client {

// Set the script before the calls and read what was received after them.
class FakeImageService : public v1::ImageGenerationService::Service {
 public:
  std::vector<v1::GenerateImagesResponse> events;
  std::vector<v1::GenerateImagesResponse> second_events;  // of every second call; none: the same
  grpc::Status status;
  bool wait_for_cancel = false;  // after the events
  int refusals = 0;              // so many calls are refused before the script is played
  v1::ListModelsResponse models;
  std::function<std::vector<v1::LiveImagesResponse>(const v1::LiveImagesRequest&)> answer;
  grpc::Status models_status;

  std::vector<v1::LiveImagesRequest> revisions;
  std::vector<v1::GenerateImagesRequest> requests;
  std::string request_id;
  bool had_deadline = false;
  int max_in_flight = 0;
  absl::Notification waiting;  // the first call waits for its cancellation

  grpc::Status GenerateImages(grpc::ServerContext* context,
                              const v1::GenerateImagesRequest* request,
                              grpc::ServerWriter<v1::GenerateImagesResponse>* writer) override {
    if (!NoteStart(*context, *request)) return {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};
    const bool second = !second_events.empty() && CallCount() % 2 == 0;
    for (const v1::GenerateImagesResponse& event : second ? second_events : events) {
      writer->Write(event);
    }
    if (wait_for_cancel) {
      NotifyWaiting();
      while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    }
    absl::MutexLock end_lock(&mu_);
    --in_flight_;
    return status;
  }

  // Answers each revision by what `answer` says, until the caller half-closes.
  grpc::Status LiveImages(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::LiveImagesResponse, v1::LiveImagesRequest>* stream) override {
    for (v1::LiveImagesRequest request; status.ok() && stream->Read(&request);) {
      revisions.push_back(request);
      for (const v1::LiveImagesResponse& event : answer(request)) stream->Write(event);
    }
    return status;
  }

  grpc::Status ListModels(grpc::ServerContext*, const v1::ListModelsRequest*,
                          v1::ListModelsResponse* response) override {
    *response = models;
    return models_status;
  }

 private:
  size_t CallCount() {
    absl::MutexLock lock(&mu_);
    return requests.size();
  }

  // False when the call is to be refused.
  bool NoteStart(const grpc::ServerContext& context, const v1::GenerateImagesRequest& request) {
    absl::MutexLock lock(&mu_);
    requests.push_back(request);
    if (refusals > 0) {
      --refusals;
      return false;
    }
    max_in_flight = std::max(max_in_flight, ++in_flight_);
    had_deadline = context.deadline() < std::chrono::system_clock::now() + std::chrono::hours(24);
    const auto id = context.client_metadata().find("x-request-id");
    if (id != context.client_metadata().end()) {
      request_id = std::string(id->second.data(), id->second.size());
    }
    return true;
  }

  void NotifyWaiting() {
    absl::MutexLock lock(&mu_);
    if (!notified_) waiting.Notify();
    notified_ = true;
  }

  absl::Mutex mu_;  // for calls at the same time
  int in_flight_ = 0;
  bool notified_ = false;
};

// Serves `service`, and the standard health service, on a free port.
class FakeServer {
 public:
  explicit FakeServer(FakeImageService& service) {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service);
    server_ = builder.BuildAndStart();
    address = absl::StrCat("127.0.0.1:", port_);
  }
  ~FakeServer() {
    server_->Shutdown();
    if (port_holder_ >= 0) close(port_holder_);
  }

  // From here on connections to its address are refused: it keeps the port, so that no server of
  // another test answers there.
  void Leave() {
    server_->Shutdown();
    port_holder_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(port_holder_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    name.sin_port = htons(static_cast<uint16_t>(port_));
    EXPECT_EQ(bind(port_holder_, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  }

  grpc::HealthCheckServiceInterface& health() { return *server_->GetHealthCheckService(); }

  std::string address;

 private:
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  int port_holder_ = -1;
};

inline v1::GenerateImagesResponse AcceptedEvent(const std::string& request_id) {
  v1::GenerateImagesResponse event;
  event.mutable_accepted()->set_request_id(request_id);
  return event;
}

inline v1::GenerateImagesResponse ImageEvent(int index, uint64_t seed, const std::string& data) {
  v1::GenerateImagesResponse event;
  v1::GeneratedImage& image = *event.mutable_image();
  image.set_index(index);
  image.set_seed(seed);
  image.set_data(data);
  image.set_mime_type("image/png");
  image.set_steps_done(3);
  image.set_finish_reason(v1::FINISH_REASON_STOP);
  image.mutable_account()->mutable_denoise_duration()->set_nanos(42'500'000);
  image.mutable_account()->add_denoise_batch_sizes(8);
  return event;
}

inline v1::GenerateImagesResponse CompletedEvent(int num_images) {
  v1::GenerateImagesResponse event;
  event.mutable_completed()->set_num_images(num_images);
  event.mutable_completed()->mutable_total_duration()->set_nanos(50'000'000);
  return event;
}

// The same event of a revision.
inline v1::LiveImagesResponse LiveEvent(int64_t revision, const v1::GenerateImagesResponse& event) {
  v1::LiveImagesResponse live;
  live.set_revision(revision);
  *live.mutable_response() = event;
  return live;
}

}  // namespace strobe::client

#endif  // STROBE_TESTS_CLIENT_FAKE_IMAGE_SERVICE_H_
