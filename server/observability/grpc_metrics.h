// The standard grpc_server_* metrics.

#ifndef STROBE_SERVER_OBSERVABILITY_GRPC_METRICS_H_
#define STROBE_SERVER_OBSERVABILITY_GRPC_METRICS_H_

#include <array>
#include <memory>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "absl/strings/string_view.h"
#include "server/observability/guarded_histogram.h"

namespace strobe::server {

// The metric set that gRPC interceptors of other languages export, so that common dashboards work.
// Methods are those of strobe.v1.ImageGenerationService, inference.GRPCInferenceService and
// grpc.health.v1.Health; any other one is counted under service and method "unknown". Thread-safe.
class GrpcMetrics {
 public:
  explicit GrpcMetrics(prometheus::Registry& registry);

  // `method` is "GenerateImages" or "/strobe.v1.ImageGenerationService/GenerateImages".
  void Started(absl::string_view method);
  // `grpc_code` as in grpc::StatusCode, 0..16; anything else counts as Unknown.
  void Handled(absl::string_view method, int grpc_code, double seconds);
  void MessageReceived(absl::string_view method);
  void MessageSent(absl::string_view method);

 private:
  static constexpr int kCodeCount = 17;
  struct Method {
    absl::string_view name;
    prometheus::Counter* started;
    prometheus::Counter* received;
    prometheus::Counter* sent;
    std::array<prometheus::Counter*, kCodeCount> handled;
    std::unique_ptr<GuardedHistogram> handling_seconds;
  };

  Method& Find(absl::string_view method);

  std::vector<Method> methods_;  // the last one is "unknown"
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_GRPC_METRICS_H_
