// One LiveImages call: a prompt that is being typed, and the newest picture of it.

#ifndef STROBE_SERVER_RPC_LIVE_SESSION_H_
#define STROBE_SERVER_RPC_LIVE_SESSION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <strobe/v1/image_generation.pb.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/batching/generation_task.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_environment.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/call_writer.h"
#include "server/rpc/request_intake.h"
#include "server/rpc/request_ledger.h"

namespace strobe::server {

// The reactor of the call. Lives until gRPC is done with it and no task refers to it.
//  1. Every message is a revision and a request in the books. A newer one supersedes the older at
//     once: its task fails, its events that wait are forgotten, its outcome is `cancelled`
//     (SUPERSEDED).
//  2. A revision goes to the batcher when no device works on an older one any more. So at most one
//     stale revision is ever on a device, and only until the stage ends that it is in.
//  3. A revision that is refused or fails is answered by an error event, and the session goes on.
//     The last one is always answered; then a half-closed session ends with OK.
//  4. What ends the session: a message that cannot be decoded or a revision that does not grow
//     (INVALID_ARGUMENT), the deadline, a reader that takes nothing for write_stall_timeout
//     (SLOW_READER), draining while nothing is under way, cancellation. Its revision ends with it.
//  5. Bounded: a message is read when the one before has been dealt with; what waits to be sent is
//     of one revision.
// Never blocks, and never holds its lock while calling a task. Thread-safe.
class LiveSession final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                          public WatchedCall,
                          public std::enable_shared_from_this<LiveSession> {
 public:
  // Starts to read. `intake` must outlive the session.
  static std::shared_ptr<LiveSession> Create(const CallWriterOptions& options,
                                             const CallEnvironment& environment,
                                             const RequestIntake& intake,
                                             grpc::CallbackServerContext& context,
                                             std::string session_id, std::string caller);

  // Ends the session before its first revision.
  void Refuse(absl::Status why) { Abort(std::move(why)); }

  // WatchedCall:
  void CheckTime(absl::Time now) override;
  void CutOff() override;  // UNAVAILABLE (SHUTTING_DOWN)

  // grpc::ServerBidiReactor:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  class Revision;

  // The newest revision, until it is answered.
  struct Current {
    std::shared_ptr<Revision> revision;  // null: all is answered
    std::shared_ptr<GenerationTask> task;
    AdmissionController::Ticket ticket;
    bool submitted = false;
  };

  LiveSession(const CallWriterOptions& options, const CallEnvironment& environment,
              const RequestIntake& intake, grpc::CallbackServerContext& context,
              std::string session_id, std::string caller);

  // What the caller sent.
  void TakeMessage();
  void Supersede() ABSL_LOCKS_EXCLUDED(mu_);
  void Begin(const v1::LiveImagesRequest& message, std::shared_ptr<RequestLedger> ledger)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Submit(const std::shared_ptr<GenerationTask>& task) ABSL_LOCKS_EXCLUDED(mu_);

  // What became of a revision's task; nothing unless it is the current one.
  void Deliver(const Revision& from, EventKind kind, v1::GenerateImagesResponse event)
      ABSL_LOCKS_EXCLUDED(mu_);
  void DeliverPicture(Revision& from, SampleResult encoded) ABSL_LOCKS_EXCLUDED(mu_);
  void EndRevision(const Revision& from, absl::Status status) ABSL_LOCKS_EXCLUDED(mu_);
  // No device works on `revision` any more.
  void Release(const Revision& revision) ABSL_LOCKS_EXCLUDED(mu_);

  void Push(const Revision& from, EventKind kind, v1::LiveImagesResponse event)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Closes the books of a revision that failed, and tells the caller why.
  void Refuse(const Revision& revision, const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EndIfAnswered() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the session early.
  void Abort(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);
  void FinishCall(const absl::Status& status);

  const CallEnvironment environment_;
  const RequestIntake& intake_;
  grpc::CallbackServerContext& context_;
  const std::string session_id_;
  const std::string caller_;
  CallCount calls_;
  const absl::Time deadline_;

  // Of the read that is under way.
  grpc::ByteBuffer message_;
  int64_t last_revision_ = 0;

  absl::Mutex mu_;
  std::shared_ptr<LiveSession> self_ ABSL_GUARDED_BY(mu_);  // gRPC's share, until OnDone
  CallWriter writer_ ABSL_GUARDED_BY(mu_);
  bool half_closed_ ABSL_GUARDED_BY(mu_) = false;
  Current current_ ABSL_GUARDED_BY(mu_);
  // The last one submitted, until it is released.
  std::shared_ptr<const Revision> working_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_LIVE_SESSION_H_
