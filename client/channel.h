// How to reach a server.

#ifndef STROBE_CLIENT_CHANNEL_H_
#define STROBE_CLIENT_CHANNEL_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace strobe::client {

// The fields name files; contents are read when a channel is made.
struct ConnectionOptions {
  std::string address;          // "host:port", "unix:/path", "dns:///name:port", "ipv4:a:1,b:2"
  bool tls = false;             // verify the server with tls_ca
  std::string tls_ca;           // PEM file; empty: the system's CAs
  std::string tls_certificate;  // PEM file, to be known by; empty: none
  std::string tls_key;          // PEM file of the certificate's key
  std::string token_file;       // the token to send with each call; empty: none
};

// A channel to all addresses that the name stands for: calls go round robin over those that can be
// reached, and a call that a server refused with UNAVAILABLE before it answered anything is tried
// again, elsewhere if there is an elsewhere. Messages may be 8 MiB. Connects at the first call.
// Fails when a file cannot be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ConnectionOptions& options);

// `count` channels for a load: each has a connection of its own, as one HTTP/2 connection carries a
// limited number of streams, and all of them through one thread. Nothing is tried again: a refusal
// is a result.
absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> MakeLoadChannels(
    const ConnectionOptions& options, int count);

// The value of the `authorization` header, empty without a token file. Fails when it cannot be read
// or holds anything but one token.
absl::StatusOr<std::string> ReadAuthorization(const ConnectionOptions& options);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_CHANNEL_H_
