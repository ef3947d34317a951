// What the calls count.

#ifndef STROBE_SERVER_RPC_RPC_METRICS_H_
#define STROBE_SERVER_RPC_RPC_METRICS_H_

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "server/observability/grpc_metrics.h"
#include "server/observability/shared_metrics.h"

namespace strobe::server {

// Exported from the start, with 0. Thread-safe.
struct RpcMetrics {
  explicit RpcMetrics(prometheus::Registry& registry)
      : grpc(registry), partial_images_dropped_total(PartialImagesDropped(registry)) {}

  GrpcMetrics grpc;
  prometheus::Counter& partial_images_dropped_total;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_RPC_RPC_METRICS_H_
