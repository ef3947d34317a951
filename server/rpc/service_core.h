// What the gRPC services of a server are made of.

#ifndef STROBE_SERVER_RPC_SERVICE_CORE_H_
#define STROBE_SERVER_RPC_SERVICE_CORE_H_

#include <atomic>

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/rpc/call_watchdog.h"
#include "server/rpc/request_intake.h"
#include "server/rpc/response_format.h"
#include "server/rpc/result_stream.h"
#include "server/rpc/service_backend.h"
#include "server/rpc/service_deps.h"

namespace strobe::server {

// How calls come in, whatever service they are made to: who calls, parsing, validation, admission,
// books, and the end. Until a backend is installed, requests are refused with UNAVAILABLE
// (WARMING_UP). No method blocks: all of it runs on gRPC's thread and takes microseconds.
// Thread-safe. Must outlive the services.
class ServiceCore {
 public:
  explicit ServiceCore(ServiceDeps deps);

  // The models are loaded: from here on their admission decides. To be called at most once.
  void Install(const ServiceBackend& backend) { intake_.Install(backend); }

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

  // A call that is answered at once, by `answer`'s message or error.
  grpc::ServerUnaryReactor* Answer(absl::string_view method, grpc::CallbackServerContext& context,
                                   grpc::ByteBuffer* response,
                                   absl::FunctionRef<absl::StatusOr<grpc::ByteBuffer>()> answer);

  // UNAUTHENTICATED when this caller may not ask for anything but health.
  absl::Status CheckCaller(const grpc::CallbackServerContext& context) const;

  // Ends calls whose reader has stalled or whose deadline has passed.
  void CheckCalls() { watchdog_.CheckNow(); }

  // Ends every open call with UNAVAILABLE (SHUTTING_DOWN) at once, whatever the device does, and
  // every one that is admitted later. Each is counted once, as every call.
  void CutOffCalls() { watchdog_.CutOff(); }

  const ServiceDeps& deps() const { return deps_; }
  const RequestIntake& intake() const { return intake_; }
  CallEnvironment Environment();

 private:
  // Parses, validates, admits and submits. On error the stream is not open.
  absl::Status Start(grpc::CallbackServerContext& context, const grpc::ByteBuffer& message,
                     Parse parse, ResultStream& stream);

  const ServiceDeps deps_;
  std::atomic<bool> ready_ = false;
  RequestIntake intake_;
  CallWatchdog watchdog_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_SERVICE_CORE_H_
