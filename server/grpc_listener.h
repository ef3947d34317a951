// A gRPC server with strobe's limits, bound to its address.

#ifndef STROBE_SERVER_GRPC_LISTENER_H_
#define STROBE_SERVER_GRPC_LISTENER_H_

#include <memory>
#include <string>

#include <grpcpp/server.h>

#include "absl/status/statusor.h"
#include "server/connection_acceptor.h"

namespace strobe::server {

struct GrpcListener {
  std::unique_ptr<grpc::Server> server;
  int port = 0;                                  // the bound one
  std::unique_ptr<ConnectionAcceptor> acceptor;  // to be reset before the server is shut down
};

// Listens on `address` and serves `service` and gRPC's health service, whose "" is SERVING at once.
// Compressed requests are refused, messages are at most 64 KiB, the port is never shared with
// another process, and silent or idle connections are closed. Running
// out of file descriptors makes new connections wait. Errors as ConnectionAcceptor::Listen.
// `service` must outlive the server.
absl::StatusOr<GrpcListener> ListenGrpc(const std::string& address, grpc::Service& service);

}  // namespace strobe::server

#endif  // STROBE_SERVER_GRPC_LISTENER_H_
