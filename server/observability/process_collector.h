// The standard process_* metrics, read from /proc at each scrape.

#ifndef STROBE_SERVER_OBSERVABILITY_PROCESS_COLLECTOR_H_
#define STROBE_SERVER_OBSERVABILITY_PROCESS_COLLECTOR_H_

#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

namespace strobe::server {

// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
// process_start_time_seconds, process_open_fds, process_max_fds of this process, as Prometheus'
// client libraries name them. What cannot be read is left out. Linux only. Thread-safe.
class ProcessCollector final : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_PROCESS_COLLECTOR_H_
