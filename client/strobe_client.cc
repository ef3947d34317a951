#include "client/strobe_client.h"

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>

#include <utility>

#include "absl/synchronization/notification.h"
#include "base/status_macros.h"

namespace strobe::client {
namespace {

void Apply(const CallOptions& options, const std::string& authorization,
           grpc::ClientContext& context) {
  if (options.deadline != absl::InfiniteDuration()) {
    context.set_deadline(absl::ToChronoTime(absl::Now() + options.deadline));
  }
  if (!options.request_id.empty()) context.AddMetadata("x-request-id", options.request_id);
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
}

}  // namespace

absl::StatusOr<std::unique_ptr<StrobeClient>> StrobeClient::Connect(
    const ConnectionOptions& options) {
  STROBE_ASSIGN_OR_RETURN(const auto channel, MakeChannel(options));
  STROBE_ASSIGN_OR_RETURN(auto authorization, ReadAuthorization(options));
  return std::make_unique<StrobeClient>(channel, std::move(authorization));
}

std::unique_ptr<StrobeClient> StrobeClient::Connect(const std::string& address) {
  return *Connect(ConnectionOptions{.address = address});
}

StrobeClient::StrobeClient(std::shared_ptr<grpc::Channel> channel, std::string authorization)
    : channel_(std::move(channel)),
      authorization_(std::move(authorization)),
      stub_(v1::ImageGenerationService::NewStub(channel_)) {}

grpc::Status StrobeClient::GenerateImages(const v1::GenerateImagesRequest& request,
                                          const CallOptions& options, const OnEvent& on_event) {
  grpc::ClientContext context;
  Apply(options, authorization_, context);
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

std::unique_ptr<LiveStream> StrobeClient::LiveImages(const CallOptions& options) {
  return std::unique_ptr<LiveStream>(new LiveStream(*stub_, options, authorization_));
}

LiveStream::LiveStream(v1::ImageGenerationService::Stub& stub, const CallOptions& options,
                       const std::string& authorization)
    : scope_(options.canceller, context_) {
  Apply(options, authorization, context_);
  stream_ = stub.LiveImages(&context_);
}

LiveStream::~LiveStream() {
  if (finished_) return;
  context_.TryCancel();
  for (v1::LiveImagesResponse response; stream_->Read(&response);) {
  }
  stream_->Finish();
}

int64_t LiveStream::Send(const v1::GenerateImagesRequest& request, absl::Duration time_limit) {
  v1::LiveImagesRequest message;
  message.set_revision(++revision_);
  *message.mutable_request() = request;
  if (time_limit != absl::InfiniteDuration()) {
    const int64_t seconds = absl::IDivDuration(time_limit, absl::Seconds(1), &time_limit);
    message.mutable_time_limit()->set_seconds(seconds);
    message.mutable_time_limit()->set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(time_limit)));
  }
  return stream_->Write(message) ? revision_ : 0;
}

void LiveStream::HalfClose() { stream_->WritesDone(); }

bool LiveStream::Read(v1::LiveImagesResponse* response) { return stream_->Read(response); }

grpc::Status LiveStream::Finish() {
  finished_ = true;
  return stream_->Finish();
}

grpc::Status StatusOf(const v1::RevisionError& error) {
  // Its bytes are those of a google.rpc.Status.
  return {static_cast<grpc::StatusCode>(error.code()), error.message(), error.SerializeAsString()};
}

grpc::Status StrobeClient::ListModels(const CallOptions& options,
                                      v1::ListModelsResponse* response) {
  grpc::ClientContext context;
  Apply(options, authorization_, context);
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
  Apply(options, authorization_, context);
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
