// A text that is being typed, and the newest picture of it.

#ifndef STROBE_SERVER_REQUESTS_LIVE_TEXT_H_
#define STROBE_SERVER_REQUESTS_LIVE_TEXT_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/requests/image_event.h"
#include "server/requests/image_request.h"
#include "server/requests/image_session.h"
#include "server/requests/request_intake.h"
#include "server/requests/request_ledger.h"

namespace strobe::server {

// Where the answers to a live text wait to be sent. Called with the text's lock held: it must
// neither block nor call the text.
class LiveSink {
 public:
  virtual ~LiveSink() = default;

  // `ledger` is of the revision's request.
  virtual void OnEvent(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
                       ImageEvent event) = 0;
  // The revision is refused or has failed: the last that is told of it.
  virtual void OnError(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
                       const absl::Status& why) = 0;
  // Forgets what waits. Whether a `Completed` was among it.
  virtual bool Forget() = 0;
  // No revision comes any more, and the last one is answered.
  virtual void OnAllAnswered() = 0;
};

// Takes one revision of a text after the other:
//  1. Every revision is a request. A newer one supersedes the older at once: its task fails, its
//     events that wait are forgotten, its outcome is `cancelled` (SUPERSEDED).
//  2. A revision goes to the batcher when no device works on an older one any more. So at most one
//     stale revision is ever on a device, and only until the stage ends that it is in.
//  3. A revision that is refused or fails is answered by an error, and the text goes on. The last
//     one is always answered.
// Never blocks, and never holds its lock while calling a task. Thread-safe, but Revise belongs to
// one thread at a time.
class LiveText final : public std::enable_shared_from_this<LiveText> {
 public:
  // `intake` must outlive the text. Request ids are "`id`/revision". Every revision ends at
  // `deadline`.
  LiveText(RequestIntake& intake, std::string id, std::string caller, absl::Time deadline,
           std::shared_ptr<LiveSink> sink);

  // The caller has typed: `revision` asks for `request`, or for what cannot be a request.
  // INVALID_ARGUMENT (REVISION_NOT_GROWING) unless revisions grow: then nothing changes, and the
  // text should be ended.
  absl::Status Revise(int64_t revision, const absl::StatusOr<ImageRequest>& request)
      ABSL_LOCKS_EXCLUDED(mu_);

  // The `Completed` of that request has left.
  void CompletedSent(const RequestLedger& request) ABSL_LOCKS_EXCLUDED(mu_);

  // The caller types no more.
  void Finish() ABSL_LOCKS_EXCLUDED(mu_);

  // Ends the text and its last revision, and lets go of the sink, which hears nothing more. Once.
  void End(const absl::Status& why) ABSL_LOCKS_EXCLUDED(mu_);

  // Whether every revision so far is answered.
  bool answered() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  class Revision;

  // The newest revision, until it is answered.
  struct Current {
    int64_t number = 0;
    std::shared_ptr<ImageSession> session;  // null: all is answered
    bool submitted = false;
    bool completed = false;  // the sink has its `Completed`
  };

  void Supersede() ABSL_LOCKS_EXCLUDED(mu_);
  void Begin(int64_t number, const std::shared_ptr<ImageSession>& session,
             const absl::StatusOr<ImageRequest>& request) ABSL_LOCKS_EXCLUDED(mu_);
  static void Submit(ImageSession& session);

  // What became of a revision; nothing unless it is the current one.
  void OnEvent(const ImageSession& from, ImageEvent event) ABSL_LOCKS_EXCLUDED(mu_);
  void OnEnd(const ImageSession& from, const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);
  // No device works on it any more.
  void OnReleased(const ImageSession& from) ABSL_LOCKS_EXCLUDED(mu_);

  // Answers a revision by an error.
  void Refuse(int64_t number, ImageSession& session, const absl::Status& why)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TellIfAllAnswered() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  RequestIntake& intake_;
  const std::string id_;
  const std::string caller_;
  const absl::Time deadline_;
  int64_t last_revision_ = 0;

  mutable absl::Mutex mu_;
  std::shared_ptr<LiveSink> sink_ ABSL_GUARDED_BY(mu_);  // null once ended
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  Current current_ ABSL_GUARDED_BY(mu_);
  // The last one submitted, until it is released.
  std::shared_ptr<const ImageSession> working_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_REQUESTS_LIVE_TEXT_H_
