#include "client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace strobe::client {
namespace {

// A picture of 4 MiB, the server's limit, and what is around it.
constexpr int kMaxReceiveBytes = 8 << 20;
constexpr int kMinReconnectMs = 100;
constexpr int kMaxReconnectMs = 2000;

// gRPC's retries end with the first message: a stream that has begun is never run twice.
constexpr char kServiceConfig[] = R"({
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [{
    "name": [{"service": "strobe.v1.ImageGenerationService"}],
    "retryPolicy": {
      "maxAttempts": 4,
      "initialBackoff": "0.1s",
      "maxBackoff": "1s",
      "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }]
})";

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path.empty()) return "";
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file || content.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot read ", path, ": ", errno != 0 ? strerror(errno) : "it is empty"));
  }
  return content;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const ConnectionOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  for (const auto& [path, text] : {std::pair(&options.tls_ca, &tls.pem_root_certs),
                                   std::pair(&options.tls_certificate, &tls.pem_cert_chain),
                                   std::pair(&options.tls_key, &tls.pem_private_key)}) {
    absl::StatusOr<std::string> content = ReadFile(*path);
    if (!content.ok()) return content.status();
    *text = *std::move(content);
  }
  return grpc::SslCredentials(tls);
}

grpc::ChannelArguments CommonArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kMinReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kMinReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  return arguments;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ConnectionOptions& options) {
  const auto credentials = Credentials(options);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments = CommonArguments();
  arguments.SetServiceConfigJSON(kServiceConfig);
  return grpc::CreateCustomChannel(options.address, *credentials, arguments);
}

absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> MakeLoadChannels(
    const ConnectionOptions& options, int count) {
  const auto credentials = Credentials(options);
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments = CommonArguments();
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    channels.push_back(grpc::CreateCustomChannel(options.address, *credentials, arguments));
  }
  return channels;
}

absl::StatusOr<std::string> ReadAuthorization(const ConnectionOptions& options) {
  if (options.token_file.empty()) return "";
  const absl::StatusOr<std::string> content = ReadFile(options.token_file);
  if (!content.ok()) return content.status();
  const absl::string_view token = absl::StripAsciiWhitespace(*content);
  if (token.empty() || !std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.token_file, " does not hold one token and nothing else"));
  }
  return absl::StrCat("Bearer ", token);
}

}  // namespace strobe::client
