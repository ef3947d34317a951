#include "client/strobe_client.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>

#include <utility>

#include "absl/synchronization/notification.h"

namespace strobe::client {

namespace {

void Apply(const CallOptions& options, grpc::ClientContext& context) {
  if (options.deadline != absl::InfiniteDuration()) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + options.deadline));
  }
  if (!options.request_id.empty()) context.AddMetadata("x-request-id", options.request_id);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StrobeClient>> StrobeClient::Connect(
    const ConnectionOptions& options) {
  const auto channel = MakeChannel(options);
  if (!channel.ok()) return channel.status();
  return std::make_unique<StrobeClient>(*channel);
}

std::unique_ptr<StrobeClient> StrobeClient::Connect(const std::string& address) {
  return *Connect(ConnectionOptions{.address = address});
}

StrobeClient::StrobeClient(std::shared_ptr<grpc::Channel> channel)
    : channel_(std::move(channel)), stub_(v1::ImageGenerationService::NewStub(channel_)) {}

grpc::Status StrobeClient::GenerateImages(const v1::GenerateImagesRequest& request,
                                          const CallOptions& options, const OnEvent& on_event) {
  grpc::ClientContext context;
  Apply(options, context);
  const Canceller::Scope scope(options.canceller, context);
  const auto reader = stub_->GenerateImages(&context, request);
  v1::GenerateImagesResponse response;
  bool completed = false;
  bool wanted = true;
  while (reader->Read(&response)) {
    completed = completed || response.has_completed();
    if (!wanted) continue;
    wanted = on_event(response);
    if (!wanted) context.TryCancel();
  }
  grpc::Status status = reader->Finish();
  if (status.ok() && !completed) {
    return {grpc::StatusCode::DATA_LOSS, "the server ended the stream before its last event"};
  }
  return status;
}

grpc::Status StrobeClient::ListModels(const CallOptions& options,
                                      v1::ListModelsResponse* response) {
  grpc::ClientContext context;
  Apply(options, context);
  const Canceller::Scope scope(options.canceller, context);
  return stub_->ListModels(&context, v1::ListModelsRequest(), response);
}

grpc::Status StrobeClient::CheckHealth(const std::string& service, const CallOptions& options,
                                       ServingStatus* serving) {
  // HealthCheckRequest is one string and HealthCheckResponse one enum, both with field number 1:
  // the bytes are those of the well-known wrappers.
  using HealthStub =
      grpc::TemplatedGenericStub<google::protobuf::StringValue, google::protobuf::Int32Value>;
  google::protobuf::StringValue request;
  request.set_value(service);
  google::protobuf::Int32Value response;
  grpc::ClientContext context;
  Apply(options, context);
  const Canceller::Scope scope(options.canceller, context);
  HealthStub stub(channel_);
  grpc::Status status;
  absl::Notification done;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &response,
                 [&status, &done](grpc::Status result) {
                   status = std::move(result);
                   done.Notify();
                 });
  done.WaitForNotification();
  if (status.ok()) {
    const int value = response.value();
    *serving =
        value >= 0 && value <= 3 ? static_cast<ServingStatus>(value) : ServingStatus::kUnknown;
  }
  return status;
}

}  // namespace strobe::client
