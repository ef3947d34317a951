// Serves the metrics over HTTP.

#ifndef STROBE_SERVER_OBSERVABILITY_METRICS_SERVER_H_
#define STROBE_SERVER_OBSERVABILITY_METRICS_SERVER_H_

#include <memory>
#include <vector>

#include <prometheus/collectable.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/observability/http_text_port.h"

namespace strobe::server {

// Answers GET /metrics in the Prometheus text format, on a thread of its own; a silent peer is
// dropped within a second. Runs from Start to its destruction, and keeps what it exports alive.
// Thread-safe.
class MetricsServer {
 public:
  using Collectables = std::vector<std::shared_ptr<prometheus::Collectable>>;

  // `address` is "host:port" with a numeric host, or "[ipv6]:port"; port 0 takes a free one.
  // INVALID_ARGUMENT for a malformed address, UNAVAILABLE when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(absl::string_view address,
                                                              Collectables collectables);

  // The bound port.
  int port() const { return port_->port(); }

 private:
  explicit MetricsServer(std::unique_ptr<HttpTextPort> port) : port_(std::move(port)) {}

  const std::unique_ptr<HttpTextPort> port_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_METRICS_SERVER_H_
