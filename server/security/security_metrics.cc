#include "server/security/security_metrics.h"

#include "server/observability/metric_builders.h"

namespace strobe::server {
namespace {

constexpr char kRefused[] = "strobe_connections_refused_total";
constexpr char kRefusedHelp[] = "Connections closed at once, by the limit that they exceeded.";

}  // namespace

SecurityMetrics::SecurityMetrics(prometheus::Registry& registry)
    : open_connections(
          AddGauge(registry, "strobe_open_connections", "Connections of callers that are open.")),
      refused_for_limit(AddCounter(registry, kRefused, kRefusedHelp, {{"reason", "limit"}})),
      refused_for_address(
          AddCounter(registry, kRefused, kRefusedHelp, {{"reason", "address_limit"}})),
      tls_certificate_expiry_timestamp_seconds(
          AddGauge(registry, "strobe_tls_certificate_expiry_timestamp_seconds",
                   "When the certificate in use expires, Unix time; 0 without TLS.")),
      tls_reload_failures(AddCounter(registry, "strobe_tls_reload_failures_total",
                                     "Changed TLS files that could not be used; the last good "
                                     "ones still are.")),
      token_reload_failures(AddCounter(registry, "strobe_token_reload_failures_total",
                                       "Changed token files that could not be used; the last "
                                       "good one still is.")) {}

}  // namespace strobe::server
