// What the gRPC services of a server are made of.

#ifndef STROBE_SERVER_RPC_SERVICE_CORE_H_
#define STROBE_SERVER_RPC_SERVICE_CORE_H_

#include <atomic>
#include <string>

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/requests/request_intake.h"
#include "server/rpc/call_environment.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/call_writer.h"
#include "server/rpc/caller_identity.h"
#include "server/rpc/live_format.h"
#include "server/rpc/response_format.h"
#include "server/rpc/result_stream.h"

namespace strobe::server {

// How calls come in, whatever service they are made to: who calls, the way into the intake, and the
// end. No method blocks: all of it runs on gRPC's thread and takes microseconds. Thread-safe. Must
// outlive the services.
class ServiceCore {
 public:
  struct Options {
    CallWriterOptions writing;
    // How often open calls are checked for stalled readers; InfiniteDuration: only when CheckCalls
    // is called.
    absl::Duration watchdog_period = absl::Milliseconds(100);
    std::string version;  // of the server
    TokenLookup tokens;   // empty: callers need no token
  };

  // All references must outlive the core.
  ServiceCore(Options options, RequestIntake& intake, const Clock& clock, RpcMetrics& metrics);

  ServiceCore(const ServiceCore&) = delete;
  ServiceCore& operator=(const ServiceCore&) = delete;

  // What readiness says.
  void SetReady(bool ready) { ready_ = ready; }
  bool ready() const { return ready_; }

  // A call for images. `parse` turns its message into what is asked for; errors are its refusal.
  // `method`, a name like "GenerateImages", must outlive the call.
  using Parse = absl::FunctionRef<absl::StatusOr<ParsedCall>(const grpc::ByteBuffer& message)>;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* Generate(absl::string_view method,
                                                       grpc::CallbackServerContext& context,
                                                       const grpc::ByteBuffer& message,
                                                       Parse parse);

  // A call that carries a live text. `method` and `format` must outlive it.
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Live(
      absl::string_view method, grpc::CallbackServerContext& context, const LiveFormat& format);

  // A call that is answered at once, by `answer`'s message or error.
  grpc::ServerUnaryReactor* Answer(absl::string_view method, grpc::CallbackServerContext& context,
                                   grpc::ByteBuffer* response,
                                   absl::FunctionRef<absl::StatusOr<grpc::ByteBuffer>()> answer);

  // UNAUTHENTICATED when this caller may not ask for anything but health.
  absl::Status CheckCaller(const grpc::CallbackServerContext& context) const;

  // Ends calls whose reader has stalled.
  void CheckCalls() { watchdog_.CheckNow(); }

  // Ends every open call with UNAVAILABLE (SHUTTING_DOWN) at once, whatever the device does, and
  // every one that is admitted later. Each is counted once, as every call.
  void CutOffCalls() { watchdog_.CutOff(); }

  const std::string& version() const { return options_.version; }
  const RequestIntake& intake() const { return intake_; }

 private:
  // Parses, validates, admits and submits. On error the stream is not open.
  absl::Status Start(grpc::CallbackServerContext& context, const grpc::ByteBuffer& message,
                     Parse parse, ImageSession& session, ResultStream& stream);
  std::string RequestId(const grpc::CallbackServerContext& context) const;

  const Options options_;
  RequestIntake& intake_;
  CallWatchdog watchdog_;
  const CallEnvironment environment_;
  std::atomic<bool> ready_ = false;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_SERVICE_CORE_H_
