#include "server/rpc/call_writer.h"

#include <string>
#include <utility>

#include <grpc/grpc.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

// What a write that has begun may take once its call has been ended early.
constexpr absl::Duration kLastWrite = absl::Milliseconds(100);

}  // namespace

CallWriter::CallWriter(const CallWriterOptions& options, const Clock& clock, RpcMetrics& metrics,
                       CallCount& calls, Operations operations)
    : write_stall_timeout_(options.write_stall_timeout),
      clock_(clock),
      metrics_(metrics),
      calls_(calls),
      operations_(std::move(operations)),
      outbox_(options.outbox) {}

void CallWriter::Open() {
  open_ = true;
  Pump();
}

void CallWriter::Push(Event event) {
  if (ended()) return;
  const int dropped = outbox_.Push(std::move(event));
  if (dropped > 0) metrics_.partial_images_dropped_total.Increment(dropped);
  Pump();
}

void CallWriter::PushFront(Event event) {
  if (!aborted_) outbox_.PushFront(std::move(event));
}

bool CallWriter::Discard() {
  const bool completed = outbox_.holds(EventKind::kCompleted);
  outbox_.Clear();
  return completed;
}

void CallWriter::End(absl::Status status) {
  if (!end_) end_ = std::move(status);
  Pump();
}

bool CallWriter::Abort() {
  if (aborted_ || finished_) return false;
  aborted_ = true;
  end_.reset();
  outbox_.Clear();
  return true;
}

std::shared_ptr<const RequestLedger> CallWriter::WriteDone(bool ok) {
  write_pending_ = false;
  std::shared_ptr<const RequestLedger> completed;
  if (ok) {
    calls_.MessageSent();
    for (int i = 0; i < writing_.images; ++i) writing_.ledger->ImageSent();
    if (writing_.kind == EventKind::kCompleted) completed = writing_.ledger;
  }
  writing_ = {};
  Pump();
  return completed;
}

bool CallWriter::IsWritingFor(absl::Time now, absl::Duration least) const {
  return write_pending_ && now - write_started_ >= least;
}

bool CallWriter::IsStalled(absl::Time now) const {
  return !aborted_ && IsWritingFor(now, write_stall_timeout_);
}

void CallWriter::CancelStuckWrite(absl::Time now, grpc::CallbackServerContext& context) {
  if (!aborted_ || !end_ || !IsWritingFor(now, kLastWrite)) return;
  grpc_call_cancel_with_status(context.c_call(), static_cast<grpc_status_code>(end_->code()),
                               std::string(end_->message()).c_str(), nullptr);
}

void CallWriter::Pump() {
  if (!open_ || write_pending_ || finished_) return;
  if (std::optional<Event> event = outbox_.Pop()) {
    writing_ = *std::move(event);
    write_pending_ = true;
    write_started_ = clock_.Now();
    operations_.start_write(&writing_.bytes);
  } else if (end_) {
    finished_ = true;
    operations_.finish(*end_);
  }
}

absl::Status SlowReader() {
  return RequestError(absl::StatusCode::kResourceExhausted, "the reader took no data for too long",
                      {.reason = Reason::kSlowReader});
}

}  // namespace strobe::server
