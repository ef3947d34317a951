#include "server/rpc/service_core.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "server/base/request_error.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/status_details.h"

namespace strobe::server {
namespace {

// A call without a message: its caller cancelled it at once, which gRPC does not tell this early.
absl::Status NoMessage() {
  ErrorDetails details;
  details.reason = "CANCELLED";
  return RequestError(absl::StatusCode::kCancelled, "the call ended before its request came",
                      details);
}

}  // namespace

ServiceCore::ServiceCore(ServiceDeps deps)
    : deps_(std::move(deps)), intake_(deps_), watchdog_(deps_.clock, deps_.watchdog_period) {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ServiceCore::Generate(
    absl::string_view method, grpc::CallbackServerContext& context, const grpc::ByteBuffer& message,
    Parse parse) {
  const std::shared_ptr<ResultStream> stream = ResultStream::Create(
      method, deps_.stream, Environment(), context,
      intake_.OpenBooks(RequestIdOf(context, deps_.random()), WithoutPort(context.peer())));
  if (absl::Status status = Start(context, message, parse, *stream); !status.ok()) {
    stream->Refuse(std::move(status));
  }
  return stream.get();
}

absl::Status ServiceCore::Start(grpc::CallbackServerContext& context,
                                const grpc::ByteBuffer& message, Parse parse,
                                ResultStream& stream) {
  absl::StatusOr<std::string> caller = IdentifyCaller(context, deps_.tokens);
  if (!caller.ok()) return caller.status();
  stream.ledger().record().caller = *std::move(caller);
  if (!message.Valid()) return NoMessage();
  absl::StatusOr<ParsedCall> call = parse(message);
  if (!call.ok()) return call.status();
  const absl::Duration time_left = std::min(RemainingTimeOf(context), call->request.time_limit);
  absl::StatusOr<RequestIntake::Admitted> admitted =
      intake_.Admit(call->request, time_left, stream.ledger());
  if (!admitted.ok()) return admitted.status();
  auto task =
      std::make_shared<GenerationTask>(std::move(admitted->request), stream.shared_from_this());
  stream.Attach(task, std::move(admitted->ticket), std::move(call->format));
  if (absl::Status status = intake_.Submit(std::move(task)); !status.ok()) return status;
  context.AddInitialMetadata(kRequestIdKey, stream.ledger().request_id());
  stream.Open(admitted->accepted);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ServiceCore::Answer(
    absl::string_view method, grpc::CallbackServerContext& context, grpc::ByteBuffer* response,
    absl::FunctionRef<absl::StatusOr<grpc::ByteBuffer>()> answer) {
  CallCount count(deps_.metrics, deps_.clock, method);
  count.MessageReceived();
  absl::StatusOr<grpc::ByteBuffer> bytes = answer();
  if (bytes.ok()) {
    *response = *std::move(bytes);
    count.MessageSent();
  } else {
    AddRetryPushback(bytes.status(), context);
  }
  count.Handled(bytes.status());
  grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
  reactor->Finish(ToGrpcStatus(bytes.status(), RequestIdOf(context, deps_.random())));
  return reactor;
}

absl::Status ServiceCore::CheckCaller(const grpc::CallbackServerContext& context) const {
  return IdentifyCaller(context, deps_.tokens).status();
}

CallEnvironment ServiceCore::Environment() {
  return {deps_.clock, deps_.metrics, watchdog_, [this] { intake_.WakeBatcher(); },
          [this](absl::Duration taken) { intake_.NoteDelivery(taken); }};
}

}  // namespace strobe::server
