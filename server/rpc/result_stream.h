// One call for images: the batcher's results in, gRPC messages out.

#ifndef STROBE_SERVER_RPC_RESULT_STREAM_H_
#define STROBE_SERVER_RPC_RESULT_STREAM_H_

#include <memory>
#include <optional>

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <strobe/v1/image_generation.pb.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/admission/admission_controller.h"
#include "server/batching/generation_task.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_environment.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/call_writer.h"
#include "server/rpc/request_ledger.h"
#include "server/rpc/response_format.h"

namespace strobe::server {

// The reactor of a call, and the sink of its task. Lives until gRPC is done with the call and
// nobody else holds it.
//  1. Nothing is written before Open, so a refusal is a bare status (Trailers-Only), which callers
//     may retry.
//  2. It never blocks, and never holds its lock while calling the task.
//  3. A reader that takes nothing for write_stall_timeout is cut off with RESOURCE_EXHAUSTED
//     (SLOW_READER); the device never waits for a reader.
//  4. When the call is cancelled, or its deadline passes, the task ends at once.
// Thread-safe.
class ResultStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public ResultSink,
                           public WatchedCall,
                           public std::enable_shared_from_this<ResultStream> {
 public:
  // `method`, a name like "GenerateImages", must outlive the stream.
  static std::shared_ptr<ResultStream> Create(absl::string_view method,
                                              const CallWriterOptions& options,
                                              const CallEnvironment& environment,
                                              grpc::CallbackServerContext& context,
                                              std::shared_ptr<RequestLedger> ledger);

  // Ends a call that was never opened.
  void Refuse(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);

  // Binds the admitted `task`, whose sink this is. Then either Open or Refuse follows.
  void Attach(std::shared_ptr<GenerationTask> task, AdmissionController::Ticket ticket,
              std::unique_ptr<ResponseFormat> format) ABSL_LOCKS_EXCLUDED(mu_);

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
  ResultStream(absl::string_view method, const CallWriterOptions& options,
               const CallEnvironment& environment, grpc::CallbackServerContext& context,
               std::shared_ptr<RequestLedger> ledger);

  // Sends what the caller is to be told of `event`, which is not `accepted`.
  void Tell(v1::GenerateImagesResponse event) ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<ResponseMessage> Format(v1::GenerateImagesResponse event) ABSL_LOCKS_EXCLUDED(mu_);
  void FinishCall(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the call early: nothing more is written, the task is told.
  void Abort(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);

  const CallEnvironment environment_;
  grpc::CallbackServerContext& context_;
  const std::shared_ptr<RequestLedger> ledger_;
  CallCount calls_;

  absl::Mutex mu_;
  std::shared_ptr<ResultStream> self_ ABSL_GUARDED_BY(mu_);  // gRPC's share, until OnDone
  std::shared_ptr<GenerationTask> task_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<ResponseFormat> format_ ABSL_GUARDED_BY(mu_);  // itself used without the lock
  AdmissionController::Ticket ticket_ ABSL_GUARDED_BY(mu_);
  CallWriter writer_ ABSL_GUARDED_BY(mu_);
  int denoise_steps_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time last_decoded_ ABSL_GUARDED_BY(mu_);  // of the final pictures
  absl::Time deadline_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_RESULT_STREAM_H_
