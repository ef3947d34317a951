#include "server/rpc/result_stream.h"

#include <utility>
#include <variant>

#include "server/base/request_end.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/status_details.h"

namespace strobe::server {

std::shared_ptr<ResultStream> ResultStream::Create(absl::string_view method,
                                                   const CallEnvironment& environment,
                                                   grpc::CallbackServerContext& context,
                                                   std::shared_ptr<ImageSession> session) {
  auto stream = std::shared_ptr<ResultStream>(
      new ResultStream(method, environment, context, std::move(session)));
  absl::MutexLock lock(&stream->mu_);
  stream->self_ = stream;
  return stream;
}

ResultStream::ResultStream(absl::string_view method, const CallEnvironment& environment,
                           grpc::CallbackServerContext& context,
                           std::shared_ptr<ImageSession> session)
    : environment_(environment),
      context_(context),
      ledger_(session->ledger()),
      calls_(environment.metrics, environment.clock, method),
      deadline_(calls_.start() + RemainingTimeOf(context)),
      session_(std::move(session)),
      writer_(environment.writing, environment.clock, environment.metrics, calls_,
              {[this](const grpc::ByteBuffer* event) { StartWrite(event); },
               [this](const absl::Status& status)
                   ABSL_NO_THREAD_SAFETY_ANALYSIS { FinishCall(status); }}) {
  calls_.MessageReceived();
}

void ResultStream::Refuse(absl::Status why) {
  absl::MutexLock lock(&mu_);
  AddRetryPushback(why, context_);
  if (writer_.Abort()) writer_.End(std::move(why));
  writer_.Open();
}

void ResultStream::SetFormat(std::unique_ptr<ResponseFormat> format) {
  absl::MutexLock lock(&mu_);
  format_ = std::move(format);
}

void ResultStream::Open(Accepted accepted) {
  std::optional<CallWriter::Event> event = Format(std::move(accepted));
  absl::MutexLock lock(&mu_);
  ledger_->Admitted();
  if (event) writer_.PushFront(*std::move(event));
  writer_.Open();
}

std::optional<CallWriter::Event> ResultStream::Format(ImageEvent event) {
  ResponseFormat* format = nullptr;
  {
    absl::MutexLock lock(&mu_);
    format = format_.get();
  }
  const EventKind kind = KindOf(event);
  std::optional<ResponseMessage> message = format->Format(std::move(event), ledger_->record());
  if (!message) return std::nullopt;
  const size_t size = message->bytes.Length();
  return CallWriter::Event{kind, std::move(message->bytes), size, ledger_, message->images};
}

void ResultStream::OnEvent(ImageEvent event) {
  {
    absl::MutexLock lock(&mu_);
    if (writer_.ended()) return;
  }
  std::optional<CallWriter::Event> formatted = Format(std::move(event));
  if (!formatted) return;
  absl::MutexLock lock(&mu_);
  writer_.Push(*std::move(formatted));
}

void ResultStream::OnEnd(const absl::Status& status) {
  absl::MutexLock lock(&mu_);
  if (!writer_.ended()) writer_.End(status);
}

void ResultStream::CheckReader(absl::Time now) {
  bool stalled = false;
  {
    absl::MutexLock lock(&mu_);
    if (writer_.finished()) return;
    stalled = writer_.IsStalled(now);
  }
  if (stalled) Abort(SlowReader());
  absl::MutexLock lock(&mu_);
  writer_.CancelStuckWrite(now, context_);
}

void ResultStream::CutOff() { Abort(ShuttingDown()); }

void ResultStream::OnWriteDone(bool ok) {
  if (!ok) OnCancel();
  absl::MutexLock lock(&mu_);
  writer_.WriteDone(ok);
}

void ResultStream::OnCancel() {
  Abort(EndOfCancelled(environment_.clock.Now(), calls_.start(), deadline_));
}

void ResultStream::OnDone() {
  environment_.watchdog.Forget(this);
  std::shared_ptr<ResultStream> self;
  std::shared_ptr<ImageSession> session;
  absl::MutexLock lock(&mu_);
  self = std::move(self_);
  session = std::move(session_);
}

void ResultStream::Abort(absl::Status why) {
  std::shared_ptr<ImageSession> session;
  {
    absl::MutexLock lock(&mu_);
    if (!writer_.Abort()) return;
    session = session_;
  }
  // Nothing finishes before the task knows.
  session->Fail(why);
  absl::MutexLock lock(&mu_);
  writer_.End(std::move(why));
}

void ResultStream::FinishCall(const absl::Status& status) {
  session_->Close(status);
  calls_.Handled(status);
  Finish(ToGrpcStatus(status, ledger_->request_id()));
}

}  // namespace strobe::server
