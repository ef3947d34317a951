// grpc_server_* of one call.

#ifndef STROBE_SERVER_RPC_CALL_COUNT_H_
#define STROBE_SERVER_RPC_CALL_COUNT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/rpc/rpc_metrics.h"

namespace strobe::server {

// Counts the call as started. Thread-safe, but Handled may be called once.
class CallCount {
 public:
  // `method`, a name like "GenerateImages", `metrics` and `clock` must outlive the count.
  CallCount(RpcMetrics& metrics, const Clock& clock, absl::string_view method)
      : metrics_(metrics), clock_(clock), method_(method), start_(clock.Now()) {
    metrics_.grpc.Started(method_);
  }

  absl::Time start() const { return start_; }

  void MessageReceived() { metrics_.grpc.MessageReceived(method_); }
  void MessageSent() { metrics_.grpc.MessageSent(method_); }
  void Handled(const absl::Status& status) {
    metrics_.grpc.Handled(method_, static_cast<int>(status.code()),
                          absl::ToDoubleSeconds(clock_.Now() - start_));
  }

 private:
  RpcMetrics& metrics_;
  const Clock& clock_;
  const absl::string_view method_;
  const absl::Time start_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_CALL_COUNT_H_
