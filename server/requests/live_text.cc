#include "server/requests/live_text.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/base/request_end.h"
#include "server/base/request_error.h"

namespace strobe::server {
namespace {

absl::Status Superseded() {
  return RequestError(absl::StatusCode::kCancelled, "a newer revision superseded this one",
                      {.reason = Reason::kSuperseded});
}

absl::Status RevisionNotGrowing(int64_t revision, int64_t last) {
  return RequestError(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat("revision ", revision, " does not grow: it must be above ", last),
      {.reason = Reason::kRevisionNotGrowing,
       .violations = {{"revision", absl::StrCat("must be above ", last, ", got ", revision)}}});
}

}  // namespace

// Hears of one revision.
class LiveText::Revision final : public EventSink {
 public:
  Revision(std::shared_ptr<LiveText> text, const ImageSession& session)
      : text_(std::move(text)), session_(session) {}

  void OnEvent(ImageEvent event) override { text_->OnEvent(session_, std::move(event)); }
  void OnEnd(const absl::Status& status) override { text_->OnEnd(session_, status); }
  void OnReleased() override { text_->OnReleased(session_); }

 private:
  const std::shared_ptr<LiveText> text_;
  const ImageSession& session_;  // whose sink this is
};

LiveText::LiveText(RequestIntake& intake, std::string id, std::string caller, absl::Time deadline,
                   std::shared_ptr<LiveSink> sink)
    : intake_(intake),
      id_(std::move(id)),
      caller_(std::move(caller)),
      deadline_(deadline),
      sink_(std::move(sink)) {}

absl::Status LiveText::Revise(int64_t revision, const absl::StatusOr<ImageRequest>& request) {
  const auto session = intake_.Open(absl::StrCat(id_, "/", revision), caller_);
  if (revision <= last_revision_) {
    absl::Status status = RevisionNotGrowing(revision, last_revision_);
    session->Close(status);
    return status;
  }
  last_revision_ = revision;
  Supersede();
  Begin(revision, session, request);
  return absl::OkStatus();
}

void LiveText::Supersede() {
  Current old;
  bool answered = false;
  {
    absl::MutexLock lock(&mu_);
    if (sink_ == nullptr) return;
    old = std::exchange(current_, {});
    const bool forgotten = sink_->Forget();
    answered = old.completed && !forgotten;
  }
  if (old.session == nullptr) return;
  old.session->Fail(Superseded());
  old.session->Close(answered ? absl::OkStatus() : Superseded());
}

void LiveText::Begin(int64_t number, const std::shared_ptr<ImageSession>& session,
                     const absl::StatusOr<ImageRequest>& request) {
  absl::StatusOr<Accepted> accepted =
      request.ok() ? session->Admit(*request, deadline_ - session->ledger()->arrival(),
                                    std::make_shared<Revision>(shared_from_this(), *session))
                   : request.status();
  bool submitted = false;
  {
    absl::MutexLock lock(&mu_);
    if (!accepted.ok()) return Refuse(number, *session, accepted.status());
    if (sink_ == nullptr) return session->Close(CancelledByCaller());
    session->ledger()->Admitted();
    submitted = working_ == nullptr;
    if (submitted) working_ = session;
    current_ = {number, session, submitted};
    sink_->OnEvent(number, session->ledger(), *std::move(accepted));
  }
  session->WatchDeadline();
  if (submitted) Submit(*session);
}

void LiveText::Submit(ImageSession& session) {
  if (absl::Status status = session.Submit(); !status.ok()) session.Fail(status);
}

void LiveText::OnReleased(const ImageSession& from) {
  std::shared_ptr<const ImageSession> released;
  std::shared_ptr<ImageSession> next;
  {
    absl::MutexLock lock(&mu_);
    if (working_.get() != &from) return;
    released = std::move(working_);
    if (current_.session == nullptr || current_.submitted) return;
    current_.submitted = true;
    working_ = next = current_.session;
  }
  Submit(*next);
}

void LiveText::OnEvent(const ImageSession& from, ImageEvent event) {
  absl::MutexLock lock(&mu_);
  if (current_.session.get() != &from || sink_ == nullptr) return;
  current_.completed |= std::holds_alternative<Completed>(event);
  sink_->OnEvent(current_.number, from.ledger(), std::move(event));
}

void LiveText::OnEnd(const ImageSession& from, const absl::Status& status) {
  absl::MutexLock lock(&mu_);
  if (current_.session.get() != &from || status.ok()) return;
  const Current failed = std::exchange(current_, {});
  Refuse(failed.number, *failed.session, status);
}

void LiveText::Refuse(int64_t number, ImageSession& session, const absl::Status& why) {
  session.Close(why);
  if (sink_ == nullptr) return;
  sink_->OnError(number, session.ledger(), why);
  TellIfAllAnswered();
}

void LiveText::CompletedSent(const RequestLedger& request) {
  absl::MutexLock lock(&mu_);
  if (current_.session == nullptr || current_.session->ledger().get() != &request) return;
  const Current done = std::exchange(current_, {});
  done.session->Close(absl::OkStatus());
  TellIfAllAnswered();
}

void LiveText::Finish() {
  absl::MutexLock lock(&mu_);
  finished_ = true;
  TellIfAllAnswered();
}

void LiveText::TellIfAllAnswered() {
  if (finished_ && current_.session == nullptr && sink_ != nullptr) sink_->OnAllAnswered();
}

void LiveText::End(const absl::Status& why) {
  std::shared_ptr<LiveSink> sink;
  Current last;
  {
    absl::MutexLock lock(&mu_);
    sink = std::move(sink_);
    last = std::exchange(current_, {});
  }
  if (last.session == nullptr) return;
  // A message that is wrong is not the fault of the revision before.
  const absl::Status end = absl::IsInvalidArgument(why) ? CancelledByCaller() : why;
  last.session->Fail(end);
  last.session->Close(end);
}

bool LiveText::answered() const {
  absl::MutexLock lock(&mu_);
  return current_.session == nullptr;
}

}  // namespace strobe::server
