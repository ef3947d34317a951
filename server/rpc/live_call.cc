#include "server/rpc/live_call.h"

#include <utility>

#include "base/status_macros.h"
#include "server/base/request_end.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/status_details.h"

namespace strobe::server {

std::shared_ptr<LiveCall> LiveCall::Create(absl::string_view method,
                                           const CallEnvironment& environment,
                                           RequestIntake& intake, const LiveFormat& format,
                                           grpc::CallbackServerContext& context, std::string id,
                                           std::string caller) {
  auto call = std::shared_ptr<LiveCall>(
      new LiveCall(method, environment, intake, format, context, std::move(id), std::move(caller)));
  context.AddInitialMetadata(kRequestIdKey, call->id_);
  call->text_ = std::make_shared<LiveText>(intake, call->id_, call->caller_, call->deadline_, call);
  {
    absl::MutexLock lock(&call->mu_);
    call->self_ = call;
    call->StartSendInitialMetadata();  // callers may wait for it before they type
    call->writer_.Open();
    call->StartRead(&call->message_);
    const absl::Duration allowed = call->deadline_ - call->calls_.start();
    call->expiry_ =
        intake.deadlines().Watch(call->deadline_, [weak = std::weak_ptr<LiveCall>(call), allowed] {
          if (const auto late = weak.lock()) late->Abort(DeadlineExpired(allowed));
        });
  }
  environment.watchdog.Watch(call);
  return call;
}

LiveCall::LiveCall(absl::string_view method, const CallEnvironment& environment,
                   RequestIntake& intake, const LiveFormat& format,
                   grpc::CallbackServerContext& context, std::string id, std::string caller)
    : environment_(environment),
      intake_(intake),
      format_(format),
      context_(context),
      id_(std::move(id)),
      caller_(std::move(caller)),
      calls_(environment.metrics, environment.clock, method),
      deadline_(calls_.start() + RemainingTimeOf(context)),
      writer_(environment.writing, environment.clock, environment.metrics, calls_,
              {[this](const grpc::ByteBuffer* event) { StartWrite(event); },
               [this](const absl::Status& status) { FinishCall(status); }}) {}

void LiveCall::OnReadDone(bool ok) {
  if (!ok) {
    if (!context_.IsCancelled()) text_->Finish();
    return;
  }
  calls_.MessageReceived();
  if (absl::Status status = TakeMessage(); !status.ok()) return Abort(std::move(status));
  absl::MutexLock lock(&mu_);
  if (!writer_.ended()) StartRead(&message_);
}

absl::Status LiveCall::TakeMessage() {
  const absl::StatusOr<LiveMessage> message = format_.Parse(message_);
  message_.Clear();
  if (!message.ok()) intake_.Open(id_, caller_)->Close(message.status());
  STROBE_RETURN_IF_ERROR(message.status());
  return text_->Revise(message->revision, message->request);
}

void LiveCall::OnEvent(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
                       ImageEvent event) {
  const EventKind kind = KindOf(event);
  Push(kind, format_.Format(revision, std::move(event)), ledger);
}

void LiveCall::OnError(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
                       const absl::Status& why) {
  Push(EventKind::kError, format_.FormatError(revision, why, ledger->request_id()), ledger);
}

void LiveCall::Push(EventKind kind, grpc::ByteBuffer bytes,
                    const std::shared_ptr<RequestLedger>& ledger) {
  const size_t size = bytes.Length();
  absl::MutexLock lock(&mu_);
  writer_.Push({kind, std::move(bytes), size, ledger, kind == EventKind::kImage ? 1 : 0});
}

bool LiveCall::Forget() {
  absl::MutexLock lock(&mu_);
  return writer_.Discard();
}

void LiveCall::OnAllAnswered() {
  absl::MutexLock lock(&mu_);
  if (!writer_.ended()) writer_.End(absl::OkStatus());
}

void LiveCall::OnWriteDone(bool ok) {
  if (!ok) OnCancel();
  std::shared_ptr<const RequestLedger> completed;
  {
    absl::MutexLock lock(&mu_);
    completed = writer_.WriteDone(ok);
  }
  if (completed != nullptr) text_->CompletedSent(*completed);
}

void LiveCall::CheckReader(absl::Time now) {
  absl::Status why;
  {
    absl::MutexLock lock(&mu_);
    if (writer_.finished()) return;
    if (writer_.IsStalled(now)) why = SlowReader();
  }
  if (why.ok() && text_->answered()) why = intake_.CheckDraining();
  if (!why.ok()) Abort(std::move(why));
  absl::MutexLock lock(&mu_);
  writer_.CancelStuckWrite(now, context_);
}

void LiveCall::CutOff() { Abort(ShuttingDown()); }

void LiveCall::OnCancel() {
  Abort(EndOfCancelled(environment_.clock.Now(), calls_.start(), deadline_));
}

void LiveCall::OnDone() {
  environment_.watchdog.Forget(this);
  text_->End(CancelledByCaller());  // which has ended, but for its hold on this
  std::shared_ptr<LiveCall> self;
  absl::MutexLock lock(&mu_);
  expiry_ = {};
  self = std::move(self_);
}

void LiveCall::Abort(absl::Status why) {
  {
    absl::MutexLock lock(&mu_);
    if (!writer_.Abort()) return;
  }
  // The caller's places are free when it sees the status.
  text_->End(why);
  absl::MutexLock lock(&mu_);
  writer_.End(std::move(why));
}

void LiveCall::FinishCall(const absl::Status& status) {
  AddRetryPushback(status, context_);
  calls_.Handled(status);
  Finish(ToGrpcStatus(status, id_));
}

}  // namespace strobe::server
