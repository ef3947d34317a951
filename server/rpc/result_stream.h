// One call for images: events of its request in, gRPC messages out.

#ifndef STROBE_SERVER_RPC_RESULT_STREAM_H_
#define STROBE_SERVER_RPC_RESULT_STREAM_H_

#include <memory>
#include <optional>

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/requests/image_event.h"
#include "server/requests/image_session.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_environment.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/call_writer.h"
#include "server/rpc/response_format.h"

namespace strobe::server {

// The reactor of a call, and the sink of its request. Lives until gRPC is done with the call and
// no other owner holds it.
//  1. Nothing is written before Open, so a refusal is a bare status (Trailers-Only), which callers
//     may retry.
//  2. It never blocks, and never holds its lock while calling the task.
//  3. A reader that takes nothing for write_stall_timeout is cut off with RESOURCE_EXHAUSTED
//     (SLOW_READER); the device never waits for a reader.
//  4. When the call is cancelled the request ends at once.
// Thread-safe.
class ResultStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                           public EventSink,
                           public WatchedCall,
                           public std::enable_shared_from_this<ResultStream> {
 public:
  // `method`, a name like "GenerateImages", and `environment` must outlive the stream.
  static std::shared_ptr<ResultStream> Create(absl::string_view method,
                                              const CallEnvironment& environment,
                                              grpc::CallbackServerContext& context,
                                              std::shared_ptr<ImageSession> session);

  // Ends a call that was never opened.
  void Refuse(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);

  // How the events of the request are told, before there can be any. Then either Open or Refuse
  // follows.
  void SetFormat(std::unique_ptr<ResponseFormat> format) ABSL_LOCKS_EXCLUDED(mu_);

  // Lets the events flow, `accepted` first.
  void Open(Accepted accepted) ABSL_LOCKS_EXCLUDED(mu_);

  // EventSink:
  void OnEvent(ImageEvent event) override;
  void OnEnd(const absl::Status& status) override;

  // WatchedCall:
  void CheckReader(absl::Time now) override;
  void CutOff() override;  // UNAVAILABLE (SHUTTING_DOWN)

  // grpc::ServerWriteReactor:
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  ResultStream(absl::string_view method, const CallEnvironment& environment,
               grpc::CallbackServerContext& context, std::shared_ptr<ImageSession> session);

  std::optional<CallWriter::Event> Format(ImageEvent event) ABSL_LOCKS_EXCLUDED(mu_);
  void FinishCall(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Ends the call early: nothing more is written, the request is told.
  void Abort(absl::Status why) ABSL_LOCKS_EXCLUDED(mu_);

  const CallEnvironment& environment_;
  grpc::CallbackServerContext& context_;
  const std::shared_ptr<RequestLedger> ledger_;
  CallCount calls_;
  const absl::Time deadline_;  // the caller's own

  absl::Mutex mu_;
  std::shared_ptr<ResultStream> self_ ABSL_GUARDED_BY(mu_);      // gRPC's share, until OnDone
  std::shared_ptr<ImageSession> session_ ABSL_GUARDED_BY(mu_);   // until OnDone
  std::unique_ptr<ResponseFormat> format_ ABSL_GUARDED_BY(mu_);  // itself used without the lock
  CallWriter writer_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_RESULT_STREAM_H_
