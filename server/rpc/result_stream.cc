#include "server/rpc/result_stream.h"

#include <utility>

#include "server/rpc/call_end.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/response_events.h"
#include "server/rpc/status_details.h"

namespace strobe::server {
std::shared_ptr<ResultStream> ResultStream::Create(const CallWriterOptions& options,
                                                   const CallEnvironment& environment,
                                                   grpc::CallbackServerContext& context,
                                                   std::shared_ptr<RequestLedger> ledger) {
  auto stream = std::shared_ptr<ResultStream>(
      new ResultStream(options, environment, context, std::move(ledger)));
  absl::MutexLock lock(&stream->mu_);
  stream->self_ = stream;
  return stream;
}

ResultStream::ResultStream(const CallWriterOptions& options, const CallEnvironment& environment,
                           grpc::CallbackServerContext& context,
                           std::shared_ptr<RequestLedger> ledger)
    : environment_(environment),
      context_(context),
      ledger_(std::move(ledger)),
      calls_(environment.metrics, environment.clock, "GenerateImages"),
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

void ResultStream::Attach(std::shared_ptr<GenerationTask> task,
                          AdmissionController::Ticket ticket) {
  {
    absl::MutexLock lock(&mu_);
    deadline_ = task->request().deadline;
    task_ = std::move(task);
    ticket_ = std::move(ticket);
  }
  environment_.watchdog.Watch(shared_from_this());
}

void ResultStream::Open(const v1::GenerateImagesResponse& accepted) {
  absl::MutexLock lock(&mu_);
  ledger_->Admitted();
  writer_.PushFront({EventKind::kAccepted, Serialize(accepted), ledger_});
  writer_.Open();
}

void ResultStream::OnProgress(int index, int steps_done, int num_inference_steps) {
  grpc::ByteBuffer event = Serialize(ProgressEvent(index, steps_done, num_inference_steps));
  absl::MutexLock lock(&mu_);
  writer_.Push({EventKind::kProgress, std::move(event), ledger_});
}

void ResultStream::OnPicture(SampleResult encoded) {
  std::shared_ptr<GenerationTask> task;
  {
    absl::MutexLock lock(&mu_);
    if (writer_.ended() || task_ == nullptr) return;
    task = task_;
  }
  const EventKind kind = encoded.partial ? EventKind::kPartialImage : EventKind::kImage;
  const int steps_done = encoded.steps_done;
  grpc::ByteBuffer event = Serialize(PictureEvent(task->request(), std::move(encoded)));
  absl::MutexLock lock(&mu_);
  if (kind == EventKind::kImage) denoise_steps_ += steps_done;
  writer_.Push({kind, std::move(event), ledger_});
}

void ResultStream::OnEnd(absl::Status status) {
  absl::MutexLock lock(&mu_);
  ticket_.ReleaseSamples();
  if (writer_.ended()) return;
  if (status.ok() && task_ != nullptr) {
    writer_.Push(
        {EventKind::kCompleted,
         Serialize(CompletedEvent(static_cast<int>(task_->request().samples.size()),
                                  environment_.clock.Now() - ledger_->arrival(), denoise_steps_)),
         ledger_});
  }
  writer_.End(std::move(status));
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
  ledger_->Close(status);
  calls_.Handled(status);
  Finish(ToGrpcStatus(status, ledger_->request_id()));
}

}  // namespace strobe::server
