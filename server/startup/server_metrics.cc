#include "server/startup/server_metrics.h"

#include "server/observability/metric_builders.h"
#include "server/observability/process_collector.h"

namespace strobe::server {

ServerMetrics::ServerMetrics(const BuildInfo& build_info)
    : registry_(std::make_shared<prometheus::Registry>()),
      process_(std::make_shared<ProcessCollector>()),
      requests(*registry_),
      admission(*registry_),
      batching(*registry_),
      imaging(*registry_),
      engine(*registry_),
      ready(AddGauge(*registry_, "strobe_ready", "1 while the server reports that it is ready.")),
      draining(AddGauge(*registry_, "strobe_draining", "1 while the server drains.")),
      model_loaded_timestamp_seconds(AddGauge(*registry_, "strobe_model_loaded_timestamp_seconds",
                                              "When the models were loaded, Unix time.")) {
  AddBuildInfo(*registry_, build_info);
}

}  // namespace strobe::server
