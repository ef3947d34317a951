#include "server/ports/grpc_listener.h"

#include <cassert>
#include <utility>

#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_option.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include "absl/base/call_once.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::server {
namespace {

using grpc::experimental::ExternalConnectionAcceptor;

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
void LimitMessages(grpc::ServerBuilder& builder, int max_message_bytes) {
  assert(max_message_bytes > 0);
  builder.SetMaxReceiveMessageSize(max_message_bytes);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
}

// Linked plugins (reflection, channelz) join every server that is built; here only admin ones.
class Plugins final : public grpc::ServerBuilderOption {
 public:
  explicit Plugins(bool wanted) : wanted_(wanted) {}
  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>* plugins) override {
    if (!wanted_) plugins->clear();
  }

 private:
  const bool wanted_;
};

// From here on every builder has them, as long as its Plugins are wanted.
void InitAdminPlugins() {
  static absl::once_flag once;
  absl::call_once(once, [] {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::channelz::experimental::InitChannelzService();
  });
}

std::unique_ptr<grpc::Server> Build(const ListenerOptions& options,
                                    grpc::CallbackGenericService* no_service,
                                    std::shared_ptr<ExternalConnectionAcceptor>& to_grpc) {
  if (options.admin) InitAdminPlugins();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  to_grpc = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      options.credentials == nullptr ? grpc::InsecureServerCredentials() : options.credentials);
  LimitConnections(builder);
  LimitMessages(builder, options.max_message_bytes);
  builder.SetOption(std::make_unique<Plugins>(options.admin));
  if (no_service != nullptr) builder.RegisterCallbackGenericService(no_service);
  for (grpc::Service* const service : options.services) builder.RegisterService(service);
  return builder.BuildAndStart();
}

}  // namespace

absl::StatusOr<GrpcListener> ListenGrpc(const ListenerOptions& options, SecurityMetrics& metrics) {
  STROBE_ASSIGN_OR_RETURN(auto guard,
                          ConnectionGuard::Listen(options.address, options.connections, metrics));
  std::shared_ptr<ExternalConnectionAcceptor> to_grpc;
  GrpcListener listener;
  if (options.services.empty()) {
    listener.no_service = std::make_unique<grpc::CallbackGenericService>();
  }
  listener.server = Build(options, listener.no_service.get(), to_grpc);
  if (listener.server == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options.address, ": gRPC could not start"));
  }
  listener.port = guard->port();
  listener.guard = std::move(guard);
  listener.guard->Start([to_grpc = std::move(to_grpc)](int listener_fd, int fd) {
    ExternalConnectionAcceptor::NewConnectionParameters connection;
    connection.listener_fd = listener_fd;
    connection.fd = fd;
    to_grpc->HandleNewConnection(&connection);
  });
  return listener;
}

}  // namespace strobe::server
