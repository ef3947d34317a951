#include "server/startup/engine_reports.h"

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/observability/logging.h"

namespace strobe::server {
namespace {

// The gauges are sums over the devices: each one adds what has changed.
class MemoryReport {
 public:
  explicit MemoryReport(EngineMetrics& metrics) : metrics_(metrics) {}

  void Update(int64_t allocated, int64_t reserved) {
    absl::MutexLock lock(&mu_);
    const int64_t more_allocated = allocated - std::exchange(allocated_, allocated);
    const int64_t more_reserved = reserved - std::exchange(reserved_, reserved);
    metrics_.memory_allocated_bytes.Increment(static_cast<double>(more_allocated));
    metrics_.memory_reserved_bytes.Increment(static_cast<double>(more_reserved));
  }

 private:
  EngineMetrics& metrics_;
  absl::Mutex mu_;
  int64_t allocated_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t reserved_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace

EngineReports ReportsTo(EngineMetrics& metrics, const std::atomic<bool>& warm) {
  EngineReports reports;
  reports.prompt_lookups = [&metrics, &warm](int hits, int misses) {
    if (!warm.load()) return;
    metrics.prompt_cache_hits_total.Increment(hits);
    metrics.prompt_cache_misses_total.Increment(misses);
  };
  reports.network_rows = [&metrics, &warm](Stage stage, int used, int padding) {
    if (!warm.load()) return;
    metrics.CountRows(stage, used, padding);
  };
  reports.graph_refused = [](const absl::Status& status) {
    Log(LogLevel::kWarning, "runs without a CUDA graph", {{"error", status.message()}});
  };
  reports.picture_recovered = [&metrics] { metrics.pictures_recovered_total.Increment(); };
  reports.device_memory = [memory = std::make_shared<MemoryReport>(metrics)](int64_t allocated,
                                                                             int64_t reserved) {
    memory->Update(allocated, reserved);
  };
  return reports;
}

}  // namespace strobe::server
