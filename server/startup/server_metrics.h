// What is counted behind the gRPC service: a struct for each room, which gets no other.

#ifndef STROBE_SERVER_STARTUP_SERVER_METRICS_H_
#define STROBE_SERVER_STARTUP_SERVER_METRICS_H_

#include <memory>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "server/admission/admission_metrics.h"
#include "server/batching/batch_metrics.h"
#include "server/imaging/imaging_metrics.h"
#include "server/observability/info_metrics.h"
#include "server/requests/request_metrics.h"
#include "server/startup/engine_metrics.h"

namespace strobe::server {

// Made before the ports open, so that every series is there from the first scrape on. What the
// rooms of gRPC count is with the program, which alone knows them. Every label value is from a
// closed set. Thread-safe.
class ServerMetrics {
  // Owns what the handles below refer to, so it is constructed before them.
  std::shared_ptr<prometheus::Registry> registry_;
  std::shared_ptr<prometheus::Collectable> process_;

 public:
  explicit ServerMetrics(const BuildInfo& build_info = {});

  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  prometheus::Registry& registry() const { return *registry_; }

  // Everything to be scraped: the registry and the process_* metrics.
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables() const {
    return {registry_, process_};
  }

  RequestMetrics requests;
  AdmissionMetrics admission;
  BatchMetrics batching;
  ImagingMetrics imaging;
  EngineMetrics engine;
  prometheus::Gauge& ready;     // 1 while readiness is SERVING
  prometheus::Gauge& draining;  // 1 from the beginning of a drain
  prometheus::Gauge& model_loaded_timestamp_seconds;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_STARTUP_SERVER_METRICS_H_
