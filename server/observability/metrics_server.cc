#include "server/observability/metrics_server.h"

#include <arpa/inet.h>

#include <exception>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace strobe::server {
namespace {

// A peer that sends or reads nothing holds one of these for no longer than this.
constexpr char kThreads[] = "4";
constexpr char kRequestTimeoutMs[] = "1000";

bool IsNumericHost(absl::string_view host, bool bracketed) {
  unsigned char parsed[sizeof(in6_addr)];
  return inet_pton(bracketed ? AF_INET6 : AF_INET, std::string(host).c_str(), parsed) == 1;
}

absl::Status CheckAddress(absl::string_view address) {
  const std::size_t colon = address.rfind(':');
  int port = -1;
  if (colon != absl::string_view::npos && absl::SimpleAtoi(address.substr(colon + 1), &port) &&
      port >= 0 && port <= 65535) {
    absl::string_view host = address.substr(0, colon);
    const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
    if (IsNumericHost(host, bracketed)) return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "the metrics address '", address, "' is not of the form 127.0.0.1:9464 or [::1]:9464"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(absl::string_view address,
                                                                    const Metrics& metrics) {
  if (absl::Status status = CheckAddress(address); !status.ok()) return status;
  std::unique_ptr<prometheus::Exposer> exposer;
  std::vector<int> ports;
  try {
    exposer = std::make_unique<prometheus::Exposer>(
        std::vector<std::string>{"listening_ports", std::string(address), "num_threads", kThreads,
                                 "request_timeout_ms", kRequestTimeoutMs});
    ports = exposer->GetListeningPorts();
  } catch (const std::exception&) {
    ports.clear();
  }
  if (ports.empty()) {
    return absl::UnavailableError(absl::StrCat("cannot listen for metrics on ", address,
                                               ": the address is in use or not of this machine"));
  }
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables = metrics.collectables();
  for (const auto& collectable : collectables) exposer->RegisterCollectable(collectable);
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(std::move(collectables), std::move(exposer), ports.front()));
}

MetricsServer::MetricsServer(std::vector<std::shared_ptr<prometheus::Collectable>> collectables,
                             std::unique_ptr<prometheus::Exposer> exposer, int port)
    : collectables_(std::move(collectables)), exposer_(std::move(exposer)), port_(port) {}

}  // namespace strobe::server
