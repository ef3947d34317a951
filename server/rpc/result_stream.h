// One GenerateImages call: the batcher's results in, gRPC messages out.

#ifndef STROBE_SERVER_RPC_RESULT_STREAM_H_
#define STROBE_SERVER_RPC_RESULT_STREAM_H_

#include <functional>
#include <memory>
#include <optional>

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
#include "server/rpc/call_watchdog.h"
#include "server/rpc/event_outbox.h"
#include "server/rpc/request_ledger.h"

namespace strobe::server {

// The reactor of a call, and the sink of its task. Lives until gRPC is done with the call and
// nobody else holds it.
//  1. Nothing is written before Open, so a refusal is a bare status (Trailers-Only), which callers
//     may retry.
//  2. One operation of gRPC is under way at a time; Finish is called once, after the last write.
//  3. It never blocks, and never holds its lock while calling the task.
//  4. A reader that takes nothing for write_stall_timeout is cut off with RESOURCE_EXHAUSTED
//     (SLOW_READER); the device never waits for a reader.
//  5. When the call is cancelled, or its deadline passes, the task ends at once.
// Thread-safe.
class ResultStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public ResultSink,
                           public WatchedCall,
                           public std::enable_shared_from_this<ResultStream> {
 public:
  struct Options {
    absl::Duration write_stall_timeout = absl::Seconds(30);
    EventOutbox::Options outbox;
  };

  // What outlives every stream.
  struct Environment {
    const Clock& clock;
    Metrics& metrics;
    CallWatchdog& watchdog;
    std::function<void()> wake_batcher;  // some task has ended early
  };

  static std::shared_ptr<ResultStream> Create(const Options& options,
                                              const Environment& environment,
                                              grpc::CallbackServerContext& context,
                                              std::unique_ptr<RequestLedger> ledger);

  // Ends a call that was never opened.
  void Refuse(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);

  // Binds the admitted `task`, whose sink this is. Then either Open or Refuse follows.
  void Attach(std::shared_ptr<GenerationTask> task, AdmissionController::Ticket ticket)
      ABSL_LOCKS_EXCLUDED(mu_);

  // Lets the events flow, `accepted` first.
  void Open(const v1::GenerateImagesResponse& accepted) ABSL_LOCKS_EXCLUDED(mu_);

  RequestLedger& ledger() { return *ledger_; }

  // ResultSink:
  void OnProgress(int index, int steps_done, int num_inference_steps) override;
  void OnPicture(SampleResult encoded) override;
  void OnEnd(absl::Status status) override;

  // WatchedCall:
  void CheckTime(absl::Time now) override;
  void CutOff() override;  // UNAVAILABLE (SHUTTING_DOWN)

  // grpc::ServerWriteReactor:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  ResultStream(const Options& options, const Environment& environment,
               grpc::CallbackServerContext& context, std::unique_ptr<RequestLedger> ledger);

  // Starts the next operation of gRPC if none is under way. gRPC never runs a reaction inside the
  // call that starts an operation, so the lock may be held.
  void Pump() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FinishCall(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the call early: nothing more is written, the task is told.
  void Abort(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);
  // Whether a write has been under way for `least`.
  bool IsWriting(absl::Time now, absl::Duration least) const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  // Whether a cancellation at `now` is the caller's deadline at work. gRPC rounds timeouts up by as
  // much as 1 % on their way, so the caller's own end comes a little before the deadline known
  // here.
  bool IsNearDeadline(absl::Time now) const ABSL_LOCKS_EXCLUDED(mu_);
  void Push(EventKind kind, grpc::ByteBuffer event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  const Environment environment_;
  grpc::CallbackServerContext& context_;
  const std::unique_ptr<RequestLedger> ledger_;

  mutable absl::Mutex mu_;
  std::shared_ptr<ResultStream> self_ ABSL_GUARDED_BY(mu_);  // gRPC's share, until OnDone
  std::shared_ptr<GenerationTask> task_ ABSL_GUARDED_BY(mu_);
  AdmissionController::Ticket ticket_ ABSL_GUARDED_BY(mu_);
  EventOutbox outbox_ ABSL_GUARDED_BY(mu_);
  bool open_ ABSL_GUARDED_BY(mu_) = false;
  bool write_pending_ ABSL_GUARDED_BY(mu_) = false;
  EventOutbox::Event writing_ ABSL_GUARDED_BY(mu_);  // read by gRPC while write_pending_
  absl::Time write_started_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);  // what Finish will say
  bool aborted_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  int denoise_steps_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time deadline_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_RESULT_STREAM_H_
