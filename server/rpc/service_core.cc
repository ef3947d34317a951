#include "server/rpc/service_core.h"

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "server/base/request_end.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/live_call.h"
#include "server/rpc/status_details.h"

namespace strobe::server {

ServiceCore::ServiceCore(Options options, RequestIntake& intake, const Clock& clock,
                         RpcMetrics& metrics)
    : options_(std::move(options)),
      intake_(intake),
      watchdog_(clock, options_.watchdog_period),
      environment_{options_.writing, clock, metrics, watchdog_} {}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ServiceCore::Generate(
    absl::string_view method, grpc::CallbackServerContext& context, const grpc::ByteBuffer& message,
    Parse parse) {
  const std::shared_ptr<ImageSession> session =
      intake_.Open(RequestId(context), WithoutPort(context.peer()));
  const std::shared_ptr<ResultStream> stream =
      ResultStream::Create(method, environment_, context, session);
  if (absl::Status status = Start(context, message, parse, *session, *stream); !status.ok()) {
    stream->Refuse(std::move(status));
  }
  return stream.get();
}

absl::Status ServiceCore::Start(grpc::CallbackServerContext& context,
                                const grpc::ByteBuffer& message, Parse parse, ImageSession& session,
                                ResultStream& stream) {
  STROBE_ASSIGN_OR_RETURN(session.ledger()->record().caller,
                          IdentifyCaller(context, options_.tokens));
  // The caller cancelled at once, which gRPC does not tell this early.
  if (!message.Valid()) return CancelledByCaller();
  STROBE_ASSIGN_OR_RETURN(ParsedCall call, parse(message));
  stream.SetFormat(std::move(call.format));
  STROBE_ASSIGN_OR_RETURN(Accepted accepted, session.Admit(call.request, RemainingTimeOf(context),
                                                           stream.shared_from_this()));
  watchdog_.Watch(stream.shared_from_this());
  session.WatchDeadline();
  STROBE_RETURN_IF_ERROR(session.Submit());
  context.AddInitialMetadata(kRequestIdKey, session.ledger()->request_id());
  stream.Open(std::move(accepted));
  return absl::OkStatus();
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* ServiceCore::Live(
    absl::string_view method, grpc::CallbackServerContext& context, const LiveFormat& format) {
  const absl::StatusOr<std::string> caller = IdentifyCaller(context, options_.tokens);
  const std::shared_ptr<LiveCall> call = LiveCall::Create(
      method, environment_, intake_, format, context, RequestId(context), caller.value_or(""));
  if (!caller.ok()) call->Refuse(caller.status());
  return call.get();
}

grpc::ServerUnaryReactor* ServiceCore::Answer(
    absl::string_view method, grpc::CallbackServerContext& context, grpc::ByteBuffer* response,
    absl::FunctionRef<absl::StatusOr<grpc::ByteBuffer>()> answer) {
  CallCount count(environment_.metrics, environment_.clock, method);
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
  reactor->Finish(ToGrpcStatus(bytes.status(), RequestId(context)));
  return reactor;
}

absl::Status ServiceCore::CheckCaller(const grpc::CallbackServerContext& context) const {
  return IdentifyCaller(context, options_.tokens).status();
}

std::string ServiceCore::RequestId(const grpc::CallbackServerContext& context) const {
  return RequestIdOf(context, intake_.random());
}

}  // namespace strobe::server
