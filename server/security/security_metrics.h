// Who gets in: connections, certificates and tokens.

#ifndef STROBE_SERVER_SECURITY_SECURITY_METRICS_H_
#define STROBE_SERVER_SECURITY_SECURITY_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct SecurityMetrics {
  explicit SecurityMetrics(prometheus::Registry& registry);

  prometheus::Gauge& open_connections;
  prometheus::Counter& refused_for_limit;    // strobe_connections_refused_total{reason="limit"}
  prometheus::Counter& refused_for_address;  // {reason="address_limit"}

  prometheus::Gauge& tls_certificate_expiry_timestamp_seconds;  // 0: no TLS
  prometheus::Counter& tls_reload_failures;
  prometheus::Counter& token_reload_failures;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_SECURITY_METRICS_H_
