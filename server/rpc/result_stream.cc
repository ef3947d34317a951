#include "server/rpc/result_stream.h"

#include <algorithm>
#include <string>
#include <utility>

#include <grpc/grpc.h>

#include "server/base/request_error.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/response_events.h"
#include "server/rpc/status_details.h"

namespace strobe::server {
namespace {

// What a write that has begun may take once its call has been ended early.
constexpr absl::Duration kLastWrite = absl::Milliseconds(100);

absl::Status ErrorWithReason(absl::StatusCode code, absl::string_view message,
                             absl::string_view reason) {
  ErrorDetails details;
  details.reason = std::string(reason);
  return RequestError(code, message, details);
}

absl::Status DeadlineExpired() {
  return ErrorWithReason(absl::StatusCode::kDeadlineExceeded,
                         "the deadline passed before the last image was sent", "DEADLINE_EXPIRED");
}

}  // namespace

std::shared_ptr<ResultStream> ResultStream::Create(const Options& options,
                                                   const Environment& environment,
                                                   grpc::CallbackServerContext& context,
                                                   std::unique_ptr<RequestLedger> ledger) {
  auto stream = std::shared_ptr<ResultStream>(
      new ResultStream(options, environment, context, std::move(ledger)));
  absl::MutexLock lock(&stream->mu_);
  stream->self_ = stream;
  return stream;
}

ResultStream::ResultStream(const Options& options, const Environment& environment,
                           grpc::CallbackServerContext& context,
                           std::unique_ptr<RequestLedger> ledger)
    : options_(options),
      environment_(environment),
      context_(context),
      ledger_(std::move(ledger)),
      outbox_(options.outbox) {}

void ResultStream::Refuse(absl::Status why) {
  absl::MutexLock lock(&mu_);
  AddRetryPushback(why, context_);
  if (!end_) end_ = std::move(why);
  aborted_ = true;
  open_ = true;
  outbox_.Clear();
  Pump();
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
  open_ = true;
  if (!aborted_) outbox_.PushFront(EventKind::kAccepted, Serialize(accepted));
  Pump();
}

void ResultStream::OnProgress(int index, int steps_done, int num_inference_steps) {
  grpc::ByteBuffer event = Serialize(ProgressEvent(index, steps_done, num_inference_steps));
  absl::MutexLock lock(&mu_);
  Push(EventKind::kProgress, std::move(event));
}

void ResultStream::OnPicture(SampleResult encoded) {
  std::shared_ptr<GenerationTask> task;
  {
    absl::MutexLock lock(&mu_);
    if (aborted_ || task_ == nullptr) return;
    task = task_;
  }
  const EventKind kind = encoded.partial ? EventKind::kPartialImage : EventKind::kImage;
  const int steps_done = encoded.steps_done;
  grpc::ByteBuffer event = Serialize(PictureEvent(task->request(), std::move(encoded)));
  absl::MutexLock lock(&mu_);
  if (kind == EventKind::kImage) denoise_steps_ += steps_done;
  Push(kind, std::move(event));
}

void ResultStream::OnEnd(absl::Status status) {
  absl::MutexLock lock(&mu_);
  ticket_.ReleaseSamples();
  if (aborted_ || end_) return;
  if (status.ok() && task_ != nullptr) {
    Push(EventKind::kCompleted,
         Serialize(CompletedEvent(static_cast<int>(task_->request().samples.size()),
                                  environment_.clock.Now() - ledger_->arrival(), denoise_steps_)));
  }
  end_ = std::move(status);
  Pump();
}

void ResultStream::CheckTime(absl::Time now) {
  bool expired = false;
  bool stalled = false;
  {
    absl::MutexLock lock(&mu_);
    if (finished_) return;
    expired = !aborted_ && !end_ && now >= deadline_;
    stalled = !aborted_ && IsWriting(now, options_.write_stall_timeout);
  }
  if (expired) Abort(DeadlineExpired());
  if (stalled) {
    Abort(ErrorWithReason(absl::StatusCode::kResourceExhausted,
                          "the reader took no data for too long", "SLOW_READER"));
  }
  absl::MutexLock lock(&mu_);
  if (!aborted_ || !end_ || !IsWriting(now, kLastWrite)) return;
  // A write that is stuck behind a full window ends only with the call; the status goes along, but
  // not its details.
  grpc_call_cancel_with_status(context_.c_call(), static_cast<grpc_status_code>(end_->code()),
                               std::string(end_->message()).c_str(), nullptr);
}

bool ResultStream::IsWriting(absl::Time now, absl::Duration least) const {
  return write_pending_ && now - write_started_ >= least;
}

void ResultStream::CutOff() {
  Abort(ErrorWithReason(absl::StatusCode::kUnavailable, "the server is shutting down",
                        "SHUTTING_DOWN"));
}

void ResultStream::OnWriteDone(bool ok) {
  if (!ok) OnCancel();
  absl::MutexLock lock(&mu_);
  write_pending_ = false;
  writing_.bytes.Clear();
  if (ok) ledger_->MessageSent(writing_.kind == EventKind::kImage);
  Pump();
}

void ResultStream::OnCancel() {
  Abort(IsNearDeadline(environment_.clock.Now())
            ? DeadlineExpired()
            : ErrorWithReason(absl::StatusCode::kCancelled, "the caller cancelled the request",
                              "CANCELLED"));
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
    if (aborted_ || finished_) return;
    aborted_ = true;
    end_.reset();  // nothing finishes before the task knows
    outbox_.Clear();
    task = task_;
  }
  if (task != nullptr && task->Fail(why)) environment_.wake_batcher();
  absl::MutexLock lock(&mu_);
  end_ = std::move(why);
  Pump();
}

void ResultStream::Push(EventKind kind, grpc::ByteBuffer event) {
  if (aborted_ || end_) return;
  const int dropped = outbox_.Push(kind, std::move(event));
  if (dropped > 0) environment_.metrics.partial_images_dropped_total.Increment(dropped);
  Pump();
}

void ResultStream::Pump() {
  if (!open_ || write_pending_ || finished_) return;
  if (std::optional<EventOutbox::Event> event = outbox_.Pop()) {
    writing_ = *std::move(event);
    write_pending_ = true;
    write_started_ = environment_.clock.Now();
    StartWrite(&writing_.bytes);
  } else if (end_) {
    finished_ = true;
    FinishCall(*end_);
  }
}

void ResultStream::FinishCall(const absl::Status& status) {
  // The caller may send its next request as soon as it sees the status: its place is free by then.
  { const AdmissionController::Ticket done = std::move(ticket_); }
  ledger_->Close(status);
  Finish(ToGrpcStatus(status, ledger_->request_id()));
}

bool ResultStream::IsNearDeadline(absl::Time now) const {
  absl::MutexLock lock(&mu_);
  const absl::Duration whole = deadline_ - ledger_->arrival();
  return now >= deadline_ - (0.011 * whole + absl::Milliseconds(5));
}

}  // namespace strobe::server
