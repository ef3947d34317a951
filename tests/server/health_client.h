// grpc.health.v1 without generated code: its messages have one field each.

#ifndef STROBE_TESTS_SERVER_HEALTH_CLIENT_H_
#define STROBE_TESTS_SERVER_HEALTH_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/generic/generic_stub.h>

namespace strobe::server {

inline grpc::ByteBuffer HealthRequest(const std::string& service) {
  // HealthCheckRequest: string service = 1.
  const std::string bytes =
      service.empty() ? "" : "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// "UNKNOWN", "SERVING", "NOT_SERVING" or "SERVICE_UNKNOWN".
inline std::string HealthStatus(const grpc::ByteBuffer& response) {
  // HealthCheckResponse: enum status = 1.
  grpc::Slice slice;
  if (!response.DumpToSingleSlice(&slice).ok() || slice.size() < 2) return "UNKNOWN";
  const std::vector<std::string> names = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
  return names[slice.begin()[1] % 4];
}

// A call of Check or Watch, driven over a completion queue of its own.
class HealthWatch {
 public:
  explicit HealthWatch(const std::shared_ptr<grpc::Channel>& channel, const std::string& service,
                       const std::string& method = "Watch")
      : stub_(channel) {
    call_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/" + method, &queue_);
    call_->StartCall(nullptr);
    Await();
    call_->WriteLast(HealthRequest(service), grpc::WriteOptions(), nullptr);
    Await();
  }

  ~HealthWatch() {
    context_.TryCancel();
    grpc::Status status;
    call_->Finish(&status, nullptr);
    Await();
    queue_.Shutdown();
  }

  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  // The next status; empty when the call has ended.
  std::string Next() {
    grpc::ByteBuffer response;
    call_->Read(&response, nullptr);
    return Await() ? HealthStatus(response) : "";
  }

 private:
  bool Await() {
    void* tag;
    bool ok = false;
    queue_.Next(&tag, &ok);
    return ok;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

// What Check says of `service` now.
inline std::string CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                               const std::string& service) {
  return HealthWatch(channel, service, "Check").Next();
}

}  // namespace strobe::server

#endif  // STROBE_TESTS_SERVER_HEALTH_CLIENT_H_
