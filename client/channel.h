// Connections to a strobe server.

#ifndef STROBE_CLIENT_CHANNEL_H_
#define STROBE_CLIENT_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

namespace strobe::client {

// A plaintext channel to "host:port" or "unix:/path", for pictures of up to 8 MiB; connects at the
// first call and again after failures.
std::shared_ptr<grpc::Channel> NewChannel(const std::string& address);

// `count` such channels, each with a connection of its own: one HTTP/2 connection carries a limited
// number of streams, and all of them through one thread.
std::vector<std::shared_ptr<grpc::Channel>> NewChannels(const std::string& address, int count);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_CHANNEL_H_
