#include "server/rpc/live_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/request_error.h"
#include "server/rpc/call_end.h"
#include "server/rpc/call_metadata.h"
#include "server/rpc/request_parser.h"
#include "server/rpc/response_events.h"
#include "server/rpc/status_details.h"

namespace strobe::server {
namespace {

absl::StatusOr<absl::Duration> TimeLimitOf(const v1::LiveImagesRequest& message) {
  if (!message.has_time_limit()) return absl::InfiniteDuration();
  const absl::Duration limit = absl::Seconds(message.time_limit().seconds()) +
                               absl::Nanoseconds(message.time_limit().nanos());
  if (limit > absl::ZeroDuration()) return limit;
  return RequestError(
      absl::StatusCode::kInvalidArgument, "time_limit: must be above 0",
      {.reason = "INVALID_REQUEST", .violations = {{"time_limit", "must be above 0"}}});
}

}  // namespace

// The sink of a revision's task.
class LiveSession::Revision final : public ResultSink {
 public:
  Revision(std::shared_ptr<LiveSession> session, int64_t number,
           std::shared_ptr<RequestLedger> ledger)
      : session_(std::move(session)), number_(number), ledger_(std::move(ledger)) {}

  int64_t number() const { return number_; }
  const std::shared_ptr<RequestLedger>& ledger() const { return ledger_; }

  void OnProgress(int index, int steps_done, int num_inference_steps) override {
    session_->Deliver(*this, EventKind::kProgress,
                      ProgressEvent(index, steps_done, num_inference_steps));
  }
  void OnPicture(SampleResult encoded) override {
    session_->DeliverPicture(*this, std::move(encoded));
  }
  void OnEnd(absl::Status status) override { session_->EndRevision(*this, std::move(status)); }
  void OnReleased() override { session_->Release(*this); }

  int denoise_steps = 0;  // of the images so far; guarded by the session

 private:
  const std::shared_ptr<LiveSession> session_;
  const int64_t number_;
  const std::shared_ptr<RequestLedger> ledger_;
};

std::shared_ptr<LiveSession> LiveSession::Create(const CallWriterOptions& options,
                                                 const CallEnvironment& environment,
                                                 const RequestIntake& intake,
                                                 grpc::CallbackServerContext& context,
                                                 std::string session_id, std::string caller) {
  auto session = std::shared_ptr<LiveSession>(new LiveSession(
      options, environment, intake, context, std::move(session_id), std::move(caller)));
  context.AddInitialMetadata(kRequestIdKey, session->session_id_);
  {
    absl::MutexLock lock(&session->mu_);
    session->self_ = session;
    session->StartSendInitialMetadata();  // callers may wait for it before they type
    session->writer_.Open();
    session->StartRead(&session->message_);
  }
  environment.watchdog.Watch(session);
  return session;
}

LiveSession::LiveSession(const CallWriterOptions& options, const CallEnvironment& environment,
                         const RequestIntake& intake, grpc::CallbackServerContext& context,
                         std::string session_id, std::string caller)
    : environment_(environment),
      intake_(intake),
      context_(context),
      session_id_(std::move(session_id)),
      caller_(std::move(caller)),
      calls_(environment.metrics, environment.clock, "LiveImages"),
      deadline_(calls_.start() + RemainingTimeOf(context)),
      writer_(options, environment.clock, environment.metrics, calls_,
              {[this](const grpc::ByteBuffer* event) { StartWrite(event); },
               [this](const absl::Status& status) { FinishCall(status); }}) {}

void LiveSession::OnReadDone(bool ok) {
  if (ok) {
    calls_.MessageReceived();
    TakeMessage();
  }
  absl::MutexLock lock(&mu_);
  if (ok && !writer_.ended()) {
    StartRead(&message_);
  } else if (!ok && !context_.IsCancelled()) {
    half_closed_ = true;
    EndIfAnswered();
  }
}

void LiveSession::TakeMessage() {
  const absl::StatusOr<v1::LiveImagesRequest> message = ParseLiveImagesRequest(message_);
  message_.Clear();
  const std::shared_ptr<RequestLedger> ledger = intake_.OpenBooks(
      message.ok() ? absl::StrCat(session_id_, "/", message->revision()) : session_id_, caller_);
  absl::Status status = message.status();
  if (status.ok() && message->revision() <= last_revision_) {
    status = RevisionNotGrowing(message->revision(), last_revision_);
  }
  if (!status.ok()) {
    ledger->Close(status);
    Abort(std::move(status));
    return;
  }
  last_revision_ = message->revision();
  Supersede();
  Begin(*message, ledger);
}

void LiveSession::Supersede() {
  Current old;
  bool answered = false;
  {
    absl::MutexLock lock(&mu_);
    old = std::exchange(current_, {});
    writer_.Discard();
    if (old.revision == nullptr) return;
    answered = writer_.IsWriting(EventKind::kCompleted, old.revision->ledger().get());
  }
  if (old.task->Fail(Superseded())) environment_.wake_batcher();
  absl::MutexLock lock(&mu_);  // a write of it may just be counted
  old.revision->ledger()->Close(answered ? absl::OkStatus() : Superseded());
}

void LiveSession::Begin(const v1::LiveImagesRequest& message,
                        std::shared_ptr<RequestLedger> ledger) {
  const auto revision =
      std::make_shared<Revision>(shared_from_this(), message.revision(), std::move(ledger));
  RequestLedger& books = *revision->ledger();
  const absl::StatusOr<absl::Duration> limit = TimeLimitOf(message);
  absl::StatusOr<RequestIntake::Admitted> admitted =
      limit.ok()
          ? intake_.Admit(message.request(), std::min(*limit, deadline_ - books.arrival()), books)
          : limit.status();
  std::shared_ptr<GenerationTask> task;
  bool submitted = false;
  {
    absl::MutexLock lock(&mu_);
    if (!admitted.ok()) return Refuse(*revision, admitted.status());
    if (writer_.ended()) return books.Close(CancelledByCaller());
    books.Admitted();
    task = std::make_shared<GenerationTask>(std::move(admitted->request), revision);
    v1::LiveImagesResponse accepted = LiveEvent(revision->number(), std::move(admitted->accepted));
    Push(*revision, EventKind::kAccepted, std::move(accepted));
    submitted = working_ == nullptr;
    if (submitted) working_ = revision;
    current_ = {revision, task, std::move(admitted->ticket), submitted};
  }
  if (submitted) Submit(task);
}

void LiveSession::Submit(const std::shared_ptr<GenerationTask>& task) {
  if (absl::Status status = intake_.Submit(task); !status.ok()) task->Fail(std::move(status));
}

void LiveSession::Release(const Revision& revision) {
  std::shared_ptr<GenerationTask> next;
  {
    absl::MutexLock lock(&mu_);
    if (working_.get() != &revision) return;
    working_.reset();
    if (current_.task == nullptr || current_.submitted) return;
    current_.submitted = true;
    working_ = current_.revision;
    next = current_.task;
  }
  Submit(next);
}

void LiveSession::Deliver(const Revision& from, EventKind kind, v1::GenerateImagesResponse event) {
  v1::LiveImagesResponse live = LiveEvent(from.number(), std::move(event));
  absl::MutexLock lock(&mu_);
  if (current_.revision.get() == &from) Push(from, kind, std::move(live));
}

void LiveSession::DeliverPicture(Revision& from, SampleResult encoded) {
  std::shared_ptr<GenerationTask> task;
  const EventKind kind = encoded.partial ? EventKind::kPartialImage : EventKind::kImage;
  {
    absl::MutexLock lock(&mu_);
    if (current_.revision.get() != &from) return;
    task = current_.task;
    if (!encoded.partial) from.denoise_steps += encoded.steps_done;
  }
  Deliver(from, kind, PictureEvent(task->request(), std::move(encoded)));
}

void LiveSession::EndRevision(const Revision& from, absl::Status status) {
  absl::MutexLock lock(&mu_);
  if (current_.revision.get() != &from) return;
  current_.ticket.ReleaseSamples();
  if (status.ok()) {
    const int images = static_cast<int>(current_.task->request().samples.size());
    const absl::Duration total = environment_.clock.Now() - from.ledger()->arrival();
    Push(from, EventKind::kCompleted,
         LiveEvent(from.number(), CompletedEvent(images, total, from.denoise_steps)));
    return;
  }
  const Current failed = std::exchange(current_, {});
  Refuse(from, status);
}

void LiveSession::Push(const Revision& from, EventKind kind, v1::LiveImagesResponse event) {
  writer_.Push({kind, Serialize(event), from.ledger(), kind == EventKind::kImage ? 1 : 0});
}

void LiveSession::Refuse(const Revision& revision, const absl::Status& why) {
  revision.ledger()->Close(why);
  Push(revision, EventKind::kError,
       LiveError(revision.number(), ToRpcStatus(why, revision.ledger()->request_id())));
  EndIfAnswered();
}

void LiveSession::EndIfAnswered() {
  const bool answered = half_closed_ && current_.revision == nullptr;
  if (answered && !writer_.ended()) writer_.End(absl::OkStatus());
}

void LiveSession::OnWriteDone(bool ok) {
  if (!ok) OnCancel();
  absl::MutexLock lock(&mu_);
  if (ok && current_.revision != nullptr &&
      writer_.IsWriting(EventKind::kCompleted, current_.revision->ledger().get())) {
    const Current answered = std::exchange(current_, {});
    answered.revision->ledger()->Close(absl::OkStatus());
  }
  writer_.WriteDone(ok);
  EndIfAnswered();
}

void LiveSession::CheckTime(absl::Time now) {
  absl::Status why;
  {
    absl::MutexLock lock(&mu_);
    if (writer_.finished()) return;
    if (now >= deadline_) {
      why = DeadlineExpired();
    } else if (writer_.IsStalled(now)) {
      why = SlowReader();
    } else if (current_.revision == nullptr) {
      why = intake_.CheckDraining();
    }
  }
  if (!why.ok()) Abort(std::move(why));
  absl::MutexLock lock(&mu_);
  writer_.CancelStuckWrite(now, context_);
}

void LiveSession::CutOff() { Abort(ShuttingDown()); }

void LiveSession::OnCancel() {
  const bool expired = IsNearDeadline(environment_.clock.Now(), calls_.start(), deadline_);
  Abort(expired ? DeadlineExpired() : CancelledByCaller());
}

void LiveSession::OnDone() {
  environment_.watchdog.Forget(this);
  std::shared_ptr<LiveSession> self;
  absl::MutexLock lock(&mu_);
  self = std::move(self_);
}

void LiveSession::Abort(absl::Status why) {
  Current last;
  {
    absl::MutexLock lock(&mu_);
    if (!writer_.Abort()) return;
    last = std::exchange(current_, {});
  }
  // Nothing finishes before the task knows.
  const absl::Status end = absl::IsInvalidArgument(why) ? CancelledByCaller() : why;
  if (last.task != nullptr && last.task->Fail(end)) environment_.wake_batcher();
  absl::MutexLock lock(&mu_);
  if (last.revision != nullptr) last.revision->ledger()->Close(end);
  last = {};  // the caller's places are free when it sees the status
  writer_.End(std::move(why));
}

void LiveSession::FinishCall(const absl::Status& status) {
  AddRetryPushback(status, context_);
  calls_.Handled(status);
  Finish(ToGrpcStatus(status, session_id_));
}

}  // namespace strobe::server
