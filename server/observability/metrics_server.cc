#include "server/observability/metrics_server.h"

#include <arpa/inet.h>

#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace strobe::server {
namespace {

using Collectables = MetricsServer::Collectables;

struct HostAndPort {
  absl::string_view host;
  uint16_t port = 0;
};

bool IsNumericHost(absl::string_view host, bool bracketed) {
  unsigned char parsed[sizeof(in6_addr)];
  return inet_pton(bracketed ? AF_INET6 : AF_INET, std::string(host).c_str(), parsed) == 1;
}

absl::StatusOr<HostAndPort> ParseAddress(absl::string_view address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon != absl::string_view::npos && absl::SimpleAtoi(address.substr(colon + 1), &port) &&
      port >= 0 && port <= UINT16_MAX) {
    absl::string_view host = address.substr(0, colon);
    const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
    if (IsNumericHost(host, bracketed)) return HostAndPort{host, static_cast<uint16_t>(port)};
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the metrics address '", address, "' is not of the form 127.0.0.1:9464 or [::1]:9464"));
}

std::string TextOf(const Collectables& collectables) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& collectable : collectables) {
    std::vector<prometheus::MetricFamily> collected = collectable->Collect();
    std::move(collected.begin(), collected.end(), std::back_inserter(families));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(absl::string_view address,
                                                                    Collectables collectables) {
  STROBE_ASSIGN_OR_RETURN(const HostAndPort parsed, ParseAddress(address));
  HttpTextPort::Options options;
  options.path = "/metrics";
  options.content_type = "text/plain; version=0.0.4; charset=utf-8";
  auto port = HttpTextPort::Start(
      parsed.host, parsed.port, std::move(options),
      [collectables = std::move(collectables)] { return TextOf(collectables); });
  if (!port.ok()) {
    return absl::UnavailableError(absl::StrCat("cannot listen for metrics on ", address,
                                               ": the address is in use or not of this machine"));
  }
  return std::unique_ptr<MetricsServer>(new MetricsServer(*std::move(port)));
}

}  // namespace strobe::server
