#include "server/grpc_listener.h"

#include <utility>

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "absl/strings/str_cat.h"

namespace strobe::server {
namespace {

using grpc::experimental::ExternalConnectionAcceptor;

constexpr int kMaxRequestBytes = 64 * 1024;  // prompts are at most 16 KiB each
constexpr int kMaxMetadataBytes = 8 * 1024;
constexpr int kMaxStreamsPerConnection = 512;
constexpr size_t kMemoryQuotaBytes = 512 << 20;  // gRPC's own buffers
constexpr int kMinuteMs = 60 * 1000;

// Silent peers are found by pings, idle connections closed, and peers may ping every 10 s.
void LimitConnections(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 10 * 1000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 10 * kMinuteMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kMinuteMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20 * 1000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10 * 1000);
  grpc::ResourceQuota quota("strobe");
  quota.Resize(kMemoryQuotaBytes);
  builder.SetResourceQuota(quota);
}

// A small compressed message can unpack to anything before its size is checked.
void LimitMessages(grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
}

}  // namespace

absl::StatusOr<GrpcListener> ListenGrpc(const std::string& address, grpc::Service& service) {
  auto acceptor = ConnectionAcceptor::Listen(address);
  if (!acceptor.ok()) return acceptor.status();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  std::shared_ptr<ExternalConnectionAcceptor> to_grpc =
      builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
          grpc::InsecureServerCredentials());
  LimitConnections(builder);
  LimitMessages(builder);
  builder.RegisterService(&service);
  GrpcListener listener;
  listener.server = builder.BuildAndStart();
  if (listener.server == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": gRPC could not start"));
  }
  listener.port = (*acceptor)->port();
  listener.acceptor = *std::move(acceptor);
  listener.acceptor->Start([to_grpc = std::move(to_grpc)](int listener_fd, int fd) {
    ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener_fd;
    connection.fd = fd;
    to_grpc->HandleNewConnection(&connection);
  });
  return listener;
}

}  // namespace strobe::server
