// Serves the metrics over HTTP.

#ifndef STROBE_SERVER_OBSERVABILITY_METRICS_SERVER_H_
#define STROBE_SERVER_OBSERVABILITY_METRICS_SERVER_H_

#include <memory>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/observability/metrics.h"

namespace strobe::server {

// Answers GET /metrics in the Prometheus text format, on threads of its own; a silent peer is
// dropped within a second. Runs from Start to its destruction, and keeps what it exports alive.
// Thread-safe.
class MetricsServer {
 public:
  // `address` is "host:port" with a numeric host, or "[ipv6]:port"; port 0 takes a free one.
  // INVALID_ARGUMENT for a malformed address, UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(absl::string_view address,
                                                              const Metrics& metrics);

  // The bound port.
  int port() const { return port_; }

 private:
  MetricsServer(std::vector<std::shared_ptr<prometheus::Collectable>> collectables,
                std::unique_ptr<prometheus::Exposer> exposer, int port);

  // In this order: the exposer, whose threads read the collectables, goes first.
  const std::vector<std::shared_ptr<prometheus::Collectable>> collectables_;
  const std::unique_ptr<prometheus::Exposer> exposer_;
  const int port_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_METRICS_SERVER_H_
