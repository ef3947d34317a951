// The sending half of a streaming call: events in order, the status last.

#ifndef STROBE_SERVER_RPC_CALL_WRITER_H_
#define STROBE_SERVER_RPC_CALL_WRITER_H_

#include <functional>
#include <memory>
#include <optional>

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/requests/event_outbox.h"
#include "server/requests/request_ledger.h"
#include "server/rpc/call_count.h"
#include "server/rpc/call_writer_options.h"

namespace strobe::server {

// Keeps one operation of gRPC under way at a time, and finishes the call once, after the last
// write. What was sent is counted: messages for the call, images for their request.
// Belongs to one reactor, whose lock guards it; gRPC never runs a reaction inside the call that
// starts an operation, so the lock may be held.
class CallWriter {
 public:
  using Event = EventOutbox<grpc::ByteBuffer>::Event;

  // Of the reactor.
  struct Operations {
    std::function<void(const grpc::ByteBuffer*)> start_write;
    std::function<void(const absl::Status&)> finish;
  };

  // Everything must outlive the writer.
  CallWriter(const CallWriterOptions& options, const Clock& clock, RpcMetrics& metrics,
             CallCount& calls, Operations operations);

  // Nothing is sent before.
  void Open();

  // Sends `event`, with what was dropped to make room counted. Nothing once the call has an end.
  void Push(Event event);
  // Before everything that waits.
  void PushFront(Event event);
  // Forgets what waits. Whether a `completed` was among it.
  bool Discard();

  // Finishes the call after what waits; the first status stays.
  void End(absl::Status status);

  // Cuts the call off: nothing more is sent but the status of End, which must follow. False when
  // that has happened already, or the call is finished.
  bool Abort();

  // To be called when a write is done; `ok`: it was sent. The request whose `completed` it was, if
  // so.
  std::shared_ptr<const RequestLedger> WriteDone(bool ok);

  // No event is taken any more.
  bool ended() const { return aborted_ || end_.has_value(); }
  bool finished() const { return finished_; }
  // Whether the reader has stalled.
  bool IsStalled(absl::Time now) const;

  // Once a call was cut off, a write that is stuck behind a full window ends only with the call.
  // Ends it with the status, but without its details, when the write had its chance.
  void CancelStuckWrite(absl::Time now, grpc::CallbackServerContext& context);

 private:
  // Starts the next operation if none is under way.
  void Pump();
  bool IsWritingFor(absl::Time now, absl::Duration least) const;

  const absl::Duration write_stall_timeout_;
  const Clock& clock_;
  RpcMetrics& metrics_;
  CallCount& calls_;
  const Operations operations_;

  EventOutbox<grpc::ByteBuffer> outbox_;
  bool open_ = false;
  bool write_pending_ = false;
  Event writing_;  // read by gRPC while write_pending_
  absl::Time write_started_;
  std::optional<absl::Status> end_;  // what Finish will say
  bool aborted_ = false;
  bool finished_ = false;
};

// RESOURCE_EXHAUSTED (SLOW_READER).
absl::Status SlowReader();

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_WRITER_H_
