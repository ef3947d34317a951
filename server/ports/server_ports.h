// Every gRPC port of a server.

#ifndef STROBE_SERVER_PORTS_SERVER_PORTS_H_
#define STROBE_SERVER_PORTS_SERVER_PORTS_H_

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/server_credentials.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/ports/grpc_listener.h"
#include "server/ports/port_options.h"
#include "server/security/security_metrics.h"

namespace strobe::server {

// The port of the service, and when they are asked for: a plaintext one with health alone, and a
// plaintext one on the loopback address with the service, reflection and channelz. Not thread-safe.
class ServerPorts {
 public:
  // Opens them all, or none: errors name the address. Messages that come in have at most
  // `max_message_bytes`. `credentials` (null: plaintext) are for the service's port. The services
  // and `metrics` must outlive the ports.
  static absl::StatusOr<std::unique_ptr<ServerPorts>> Open(
      const PortOptions& options, int max_message_bytes,
      const std::vector<grpc::Service*>& services,
      std::shared_ptr<grpc::ServerCredentials> credentials, SecurityMetrics& metrics);

  // Of the service, of health and of the admin port; 0 when there is none.
  int port() const { return listeners_.front().port; }
  int health_port() const { return health_port_; }
  int admin_port() const { return admin_port_; }

  // What health says of `service`, on every port.
  void SetServing(const std::string& service, bool serving);

  void StopAccepting();

  // Stops accepting, ends with UNAVAILABLE the calls that do not end within `grace`, breaks the
  // connections of peers that do not even take that, and waits for all.
  void ShutDown(absl::Duration grace);

 private:
  ServerPorts() = default;

  std::vector<GrpcListener> listeners_;  // the service's first
  int health_port_ = 0;
  int admin_port_ = 0;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_PORTS_SERVER_PORTS_H_
