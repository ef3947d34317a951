#include "client/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/file_io.h"
#include "base/status_macros.h"

namespace strobe::client {
namespace {

// A picture of 4 MiB, the server's limit, and what is around it.
constexpr int kMaxReceiveBytes = 8 << 20;
constexpr int kFirstReconnectMs = 100;
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

// Nothing without a path.
absl::StatusOr<std::string> ReadOptionalFile(const std::string& path) {
  if (path.empty()) return "";
  absl::StatusOr<std::string> content = ReadFile(path);
  if (content.ok() && content->empty())
    content = absl::InvalidArgumentError(path + ": it is empty");
  if (content.ok()) return content;
  return absl::InvalidArgumentError(absl::StrCat("cannot read ", content.status().message()));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> Credentials(
    const ConnectionOptions& options) {
  if (!options.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  for (const auto& [path, text] : {std::pair(&options.tls_ca, &tls.pem_root_certs),
                                   std::pair(&options.tls_certificate, &tls.pem_cert_chain),
                                   std::pair(&options.tls_key, &tls.pem_private_key)}) {
    STROBE_ASSIGN_OR_RETURN(*text, ReadOptionalFile(*path));
  }
  return grpc::SslCredentials(tls);
}

grpc::ChannelArguments CommonArguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // Not GRPC_ARG_MIN_RECONNECT_BACKOFF_MS: it is also how long a handshake may take.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  return arguments;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ConnectionOptions& options) {
  STROBE_ASSIGN_OR_RETURN(const auto credentials, Credentials(options));
  grpc::ChannelArguments arguments = CommonArguments();
  arguments.SetServiceConfigJSON(kServiceConfig);
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

absl::StatusOr<std::vector<std::shared_ptr<grpc::Channel>>> MakeLoadChannels(
    const ConnectionOptions& options, int count) {
  STROBE_ASSIGN_OR_RETURN(const auto credentials, Credentials(options));
  grpc::ChannelArguments arguments = CommonArguments();
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < count; ++i) {
    channels.push_back(grpc::CreateCustomChannel(options.address, credentials, arguments));
  }
  return channels;
}

absl::StatusOr<std::string> ReadAuthorization(const ConnectionOptions& options) {
  if (options.token_file.empty()) return "";
  STROBE_ASSIGN_OR_RETURN(const std::string content, ReadOptionalFile(options.token_file));
  const absl::string_view token = absl::StripAsciiWhitespace(content);
  if (token.empty() || !std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return absl::InvalidArgumentError(
        absl::StrCat(options.token_file, " does not hold one token and nothing else"));
  }
  return absl::StrCat("Bearer ", token);
}

}  // namespace strobe::client
