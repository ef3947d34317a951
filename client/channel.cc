#include "client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

namespace strobe::client {
namespace {

// A picture of 4 MiB, the server's limit, and what is around it.
constexpr int kMaxReceiveBytes = 8 << 20;
constexpr int kMinReconnectMs = 100;
constexpr int kMaxReconnectMs = 2000;

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address, bool own_connection) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMinReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kMinReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  if (own_connection) arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  return NewChannel(address, /*own_connection=*/false);
}

std::vector<std::shared_ptr<grpc::Channel>> NewChannels(const std::string& address, int count) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) channels.push_back(NewChannel(address, /*own_connection=*/true));
  return channels;
}

}  // namespace strobe::client
