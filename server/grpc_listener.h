// A gRPC server with strobe's limits, bound to its address.

#ifndef STROBE_SERVER_GRPC_LISTENER_H_
#define STROBE_SERVER_GRPC_LISTENER_H_

#include <memory>
#include <string>

#include <grpcpp/server.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace strobe::server {

struct GrpcListener {
  std::unique_ptr<grpc::Server> server;
  int port = 0;  // the bound one
};

// Whether `address` ("host:port") can be listened on now: INVALID_ARGUMENT when the host is not
// known, UNAVAILABLE with the system's reason when the port is taken or not allowed. To be asked
// before slow work; port 0 is always free.
absl::Status CheckListenAddress(const std::string& address);

// Listens on `address` and serves `service` and gRPC's health service, whose "" is SERVING at once.
// Compressed requests are refused, messages are at most 64 KiB, the port is never shared with
// another process, and silent or idle connections are closed. Errors as CheckListenAddress.
// `service` must outlive the server.
absl::StatusOr<GrpcListener> ListenGrpc(const std::string& address, grpc::Service& service);

}  // namespace strobe::server

#endif  // STROBE_SERVER_GRPC_LISTENER_H_
