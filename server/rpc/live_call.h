// One call that carries a live text.

#ifndef STROBE_SERVER_RPC_LIVE_CALL_H_
#define STROBE_SERVER_RPC_LIVE_CALL_H_

#include <cstdint>
#include <memory>
#include <string>

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/requests/deadline_watch.h"
#include "server/requests/live_text.h"
#include "server/requests/request_intake.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_environment.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/call_writer.h"
#include "server/rpc/live_format.h"

namespace strobe::server {

// The reactor of the call. Lives until gRPC is done with it and its text has ended.
//  1. Each message is a revision of the text. A message is read when the one before has been dealt
//     with, and what waits to be sent is of one revision: so both are bounded.
//  2. A half-closed call ends with OK when its last revision is answered.
//  3. What ends the call before: a message that cannot be decoded or a revision that does not grow
//     (INVALID_ARGUMENT), the deadline, a reader that takes nothing for write_stall_timeout
//     (SLOW_READER), draining while nothing is under way, cancellation. Its revision ends with it.
// Never blocks. Lock order: the text's, then this. Thread-safe.
class LiveCall final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                       public LiveSink,
                       public WatchedCall,
                       public std::enable_shared_from_this<LiveCall> {
 public:
  // Starts to read. All references must outlive the call; `method` too.
  static std::shared_ptr<LiveCall> Create(absl::string_view method,
                                          const CallEnvironment& environment, RequestIntake& intake,
                                          const LiveFormat& format,
                                          grpc::CallbackServerContext& context, std::string id,
                                          std::string caller);

  // Ends the call before its first revision.
  void Refuse(absl::Status why) { Abort(std::move(why)); }

  // LiveSink:
  void OnEvent(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
               ImageEvent event) override;
  void OnError(int64_t revision, const std::shared_ptr<RequestLedger>& ledger,
               const absl::Status& why) override;
  bool Forget() override;
  void OnAllAnswered() override;

  // WatchedCall:
  void CheckReader(absl::Time now) override;
  void CutOff() override;  // UNAVAILABLE (SHUTTING_DOWN)

  // grpc::ServerBidiReactor:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  LiveCall(absl::string_view method, const CallEnvironment& environment, RequestIntake& intake,
           const LiveFormat& format, grpc::CallbackServerContext& context, std::string id,
           std::string caller);

  // What the caller sent. An error ends the call.
  absl::Status TakeMessage();
  void Push(EventKind kind, grpc::ByteBuffer bytes, const std::shared_ptr<RequestLedger>& ledger)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Ends the call early.
  void Abort(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);
  void FinishCall(const absl::Status& status);

  const CallEnvironment& environment_;
  RequestIntake& intake_;
  const LiveFormat& format_;
  grpc::CallbackServerContext& context_;
  const std::string id_;
  const std::string caller_;
  CallCount calls_;
  const absl::Time deadline_;
  std::shared_ptr<LiveText> text_;  // set once, before anything can happen
  grpc::ByteBuffer message_;        // of the read that is under way

  absl::Mutex mu_;
  std::shared_ptr<LiveCall> self_ ABSL_GUARDED_BY(mu_);  // gRPC's share, until OnDone
  CallWriter writer_ ABSL_GUARDED_BY(mu_);
  DeadlineWatch::Guard expiry_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_LIVE_CALL_H_
