#include "server/rpc/result_stream.h"

#include <algorithm>
#include <utility>

#include "server/rpc/call_end.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/response_events.h"
#include "server/rpc/status_details.h"

namespace strobe::server {
namespace {

EventKind KindOf(const v1::GenerateImagesResponse& event) {
  switch (event.event_case()) {
    case v1::GenerateImagesResponse::kProgress:
      return EventKind::kProgress;
    case v1::GenerateImagesResponse::kPartialImage:
      return EventKind::kPartialImage;
    case v1::GenerateImagesResponse::kImage:
      return EventKind::kImage;
    case v1::GenerateImagesResponse::kCompleted:
      return EventKind::kCompleted;
    default:
      return EventKind::kAccepted;
  }
}

}  // namespace

std::shared_ptr<ResultStream> ResultStream::Create(absl::string_view method,
                                                   const CallWriterOptions& options,
                                                   const CallEnvironment& environment,
                                                   grpc::CallbackServerContext& context,
                                                   std::shared_ptr<RequestLedger> ledger) {
  auto stream = std::shared_ptr<ResultStream>(
      new ResultStream(method, options, environment, context, std::move(ledger)));
  absl::MutexLock lock(&stream->mu_);
  stream->self_ = stream;
  return stream;
}

ResultStream::ResultStream(absl::string_view method, const CallWriterOptions& options,
                           const CallEnvironment& environment, grpc::CallbackServerContext& context,
                           std::shared_ptr<RequestLedger> ledger)
    : environment_(environment),
      context_(context),
      ledger_(std::move(ledger)),
      calls_(environment.metrics, environment.clock, method),
      writer_(options, environment.clock, environment.metrics, calls_,
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

void ResultStream::Attach(std::shared_ptr<GenerationTask> task, AdmissionController::Ticket ticket,
                          std::unique_ptr<ResponseFormat> format) {
  {
    absl::MutexLock lock(&mu_);
    deadline_ = task->request().deadline;
    task_ = std::move(task);
    ticket_ = std::move(ticket);
    format_ = std::move(format);
  }
  environment_.watchdog.Watch(shared_from_this());
}

void ResultStream::Open(const v1::GenerateImagesResponse& accepted) {
  std::optional<ResponseMessage> message = Format(accepted);
  absl::MutexLock lock(&mu_);
  ledger_->Admitted();
  if (message) writer_.PushFront({EventKind::kAccepted, std::move(message->bytes), ledger_});
  writer_.Open();
}

std::optional<ResponseMessage> ResultStream::Format(v1::GenerateImagesResponse event) {
  ResponseFormat* format = nullptr;
  {
    absl::MutexLock lock(&mu_);
    format = format_.get();
  }
  return format->Format(std::move(event), ledger_->record());
}

void ResultStream::Tell(v1::GenerateImagesResponse event) {
  const EventKind kind = KindOf(event);
  std::optional<ResponseMessage> message = Format(std::move(event));
  if (!message) return;
  absl::MutexLock lock(&mu_);
  writer_.Push({kind, std::move(message->bytes), ledger_, message->images});
}

void ResultStream::OnProgress(int index, int steps_done, int num_inference_steps) {
  Tell(ProgressEvent(index, steps_done, num_inference_steps));
}

void ResultStream::OnPicture(SampleResult encoded) {
  std::shared_ptr<GenerationTask> task;
  {
    absl::MutexLock lock(&mu_);
    if (writer_.ended() || task_ == nullptr) return;
    task = task_;
    if (!encoded.partial) {
      denoise_steps_ += encoded.steps_done;
      last_decoded_ = std::max(last_decoded_, encoded.decoded);
    }
  }
  Tell(PictureEvent(task->request(), std::move(encoded)));
}

void ResultStream::OnEnd(absl::Status status) {
  v1::GenerateImagesResponse completed;
  {
    absl::MutexLock lock(&mu_);
    ticket_.ReleaseSamples();
    if (writer_.ended()) return;
    if (!status.ok() || task_ == nullptr) return writer_.End(std::move(status));
    completed = CompletedEvent(static_cast<int>(task_->request().samples.size()),
                               environment_.clock.Now() - ledger_->arrival(), denoise_steps_);
  }
  Tell(std::move(completed));
  absl::MutexLock lock(&mu_);
  if (!writer_.ended()) writer_.End(std::move(status));
}

void ResultStream::CheckTime(absl::Time now) {
  bool expired = false;
  bool stalled = false;
  {
    absl::MutexLock lock(&mu_);
    if (writer_.finished()) return;
    expired = !writer_.ended() && now >= deadline_;
    stalled = writer_.IsStalled(now);
  }
  if (expired) Abort(DeadlineExpired());
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
  absl::Time deadline;
  {
    absl::MutexLock lock(&mu_);
    deadline = deadline_;
  }
  Abort(IsNearDeadline(environment_.clock.Now(), ledger_->arrival(), deadline)
            ? DeadlineExpired()
            : CancelledByCaller());
}

void ResultStream::OnDone() {
  environment_.watchdog.Forget(this);
  std::shared_ptr<ResultStream> self;
  std::shared_ptr<GenerationTask> task;
  absl::MutexLock lock(&mu_);
  self = std::move(self_);
  task = std::move(task_);
}

void ResultStream::Abort(absl::Status why) {
  std::shared_ptr<GenerationTask> task;
  {
    absl::MutexLock lock(&mu_);
    if (!writer_.Abort()) return;
    task = task_;
  }
  // Nothing finishes before the task knows.
  if (task != nullptr && task->Fail(why)) environment_.wake_batcher();
  absl::MutexLock lock(&mu_);
  writer_.End(std::move(why));
}

void ResultStream::FinishCall(const absl::Status& status) {
  // The caller may send its next request as soon as it sees the status: its place is free by then.
  { const AdmissionController::Ticket done = std::move(ticket_); }
  if (status.ok()) environment_.note_delivery(environment_.clock.Now() - last_decoded_);
  ledger_->Close(status);
  calls_.Handled(status);
  Finish(ToGrpcStatus(status, ledger_->request_id()));
}

}  // namespace strobe::server
