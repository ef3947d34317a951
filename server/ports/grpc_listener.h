// A gRPC server with strobe's limits, bound to its address.

#ifndef STROBE_SERVER_PORTS_GRPC_LISTENER_H_
#define STROBE_SERVER_PORTS_GRPC_LISTENER_H_

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>

#include "absl/status/statusor.h"
#include "server/security/connection_guard.h"
#include "server/security/security_metrics.h"

namespace strobe::server {

// What a listener serves, and to whom. grpc.health.v1 comes with every listener.
struct ListenerOptions {
  std::string address;  // host:port; port 0: any free one
  std::vector<grpc::Service*> services;
  std::shared_ptr<grpc::ServerCredentials> credentials;  // null: plaintext
  ConnectionLimits connections;
  int max_message_bytes = 0;  // of what comes in; above 0
  bool admin = false;         // adds reflection and channelz
};

// A running server. Shut `server` down only after `guard` has stopped accepting: what it accepts
// goes there.
struct GrpcListener {
  // Answers UNIMPLEMENTED where there is no service: gRPC builds no server without one.
  std::unique_ptr<grpc::CallbackGenericService> no_service;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<ConnectionGuard> guard;
  int port = 0;
};

// Starts serving. Messages are bounded and never compressed, silent peers are found, and the port
// survives a lack of file descriptors. UNAVAILABLE or INVALID_ARGUMENT names the address. The
// services and `metrics` must outlive the server.
absl::StatusOr<GrpcListener> ListenGrpc(const ListenerOptions& options, SecurityMetrics& metrics);

}  // namespace strobe::server

#endif  // STROBE_SERVER_PORTS_GRPC_LISTENER_H_
