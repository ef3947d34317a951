#include "server/ports/server_ports.h"

#include <utility>

#include <grpc/support/time.h>
#include <grpcpp/health_check_service_interface.h>

#include "server/base/periodic_task.h"

namespace strobe::server {
namespace {

// For the statuses of calls that gRPC has ended.
constexpr absl::Duration kLastWrites = absl::Milliseconds(250);
// The operator decides who reaches these ports.
constexpr ConnectionLimits kNoLimits = {0, 0};

// A health check only names a service.
constexpr int kHealthMessageBytes = 64 * 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<ServerPorts>> ServerPorts::Open(
    const PortOptions& options, int max_message_bytes, const std::vector<grpc::Service*>& services,
    std::shared_ptr<grpc::ServerCredentials> credentials, SecurityMetrics& metrics) {
  std::unique_ptr<ServerPorts> ports(new ServerPorts());
  std::vector<ListenerOptions> wanted(1);
  wanted[0].address = options.address;
  wanted[0].services = services;
  wanted[0].credentials = std::move(credentials);
  wanted[0].connections = options.connections;
  wanted[0].max_message_bytes = max_message_bytes;
  if (!options.health_address.empty()) {
    wanted.push_back({.address = options.health_address,
                      .connections = kNoLimits,
                      .max_message_bytes = kHealthMessageBytes});
  }
  if (!options.admin_address.empty()) {
    wanted.push_back({.address = options.admin_address,
                      .services = services,
                      .connections = kNoLimits,
                      .max_message_bytes = max_message_bytes,
                      .admin = true});
  }
  for (const ListenerOptions& listener_options : wanted) {
    auto listener = ListenGrpc(listener_options, metrics);
    if (!listener.ok()) {
      ports->ShutDown(absl::ZeroDuration());
      return listener.status();
    }
    ports->listeners_.push_back(*std::move(listener));
  }
  if (!options.health_address.empty()) ports->health_port_ = ports->listeners_[1].port;
  if (!options.admin_address.empty()) ports->admin_port_ = ports->listeners_.back().port;
  return ports;
}

void ServerPorts::SetServing(const std::string& service, bool serving) {
  for (const GrpcListener& listener : listeners_) {
    listener.server->GetHealthCheckService()->SetServingStatus(service, serving);
  }
}

void ServerPorts::StopAccepting() {
  for (GrpcListener& listener : listeners_) listener.guard->StopAccepting();
}

void ServerPorts::ShutDown(absl::Duration grace) {
  StopAccepting();
  const gpr_timespec span = gpr_time_from_millis(absl::ToInt64Milliseconds(grace), GPR_TIMESPAN);
  const gpr_timespec deadline = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span);
  // Until then a connection that takes nothing keeps gRPC waiting, for as long as the kernel does.
  const PeriodicTask hang_up(grace + kLastWrites, [this] {
    for (GrpcListener& listener : listeners_) listener.guard->HangUp();
  });
  for (GrpcListener& listener : listeners_) listener.server->Shutdown(deadline);
  for (GrpcListener& listener : listeners_) listener.server->Wait();
}

}  // namespace strobe::server
