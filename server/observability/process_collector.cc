#include "server/observability/process_collector.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

namespace strobe::server {
namespace {

// Fields of /proc/self/stat (proc(5)), as numbers of seconds and bytes.
struct ProcessStat {
  double cpu_seconds = 0;
  double start_seconds_after_boot = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

std::optional<ProcessStat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The command name, field 2, is in parentheses and may hold anything; count from behind it.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  std::string field;
  double utime = 0, stime = 0, start = 0, vsize = 0, rss = 0;
  for (int i = 3; i <= 24 && rest >> field; ++i) {
    double* const value = i == 14   ? &utime
                          : i == 15 ? &stime
                          : i == 22 ? &start
                          : i == 23 ? &vsize
                          : i == 24 ? &rss
                                    : nullptr;
    if (value != nullptr) *value = std::strtod(field.c_str(), nullptr);
  }
  if (!rest) return std::nullopt;
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ProcessStat{(utime + stime) / ticks, start / ticks, vsize,
                     rss * static_cast<double>(sysconf(_SC_PAGESIZE))};
}

// Unix time of the boot; 0 when unknown.
double BootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  double value = 0;
  while (file >> word) {
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

std::optional<double> CountOpenFiles() {
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  double count = -3;  // ".", ".." and the folder itself
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

prometheus::MetricFamily Family(const char* name, const char* help, double value,
                                prometheus::MetricType type = prometheus::MetricType::Gauge) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {std::move(metric)}};
}

}  // namespace

std::vector<prometheus::MetricFamily> ProcessCollector::Collect() const {
  std::vector<prometheus::MetricFamily> families;
  if (const std::optional<ProcessStat> stat = ReadStat()) {
    static const double boot_time = BootTime();
    families.push_back(Family("process_cpu_seconds_total", "User and system CPU time spent.",
                              stat->cpu_seconds, prometheus::MetricType::Counter));
    families.push_back(
        Family("process_resident_memory_bytes", "Resident memory size.", stat->resident_bytes));
    families.push_back(
        Family("process_virtual_memory_bytes", "Virtual memory size.", stat->virtual_bytes));
    families.push_back(Family("process_start_time_seconds", "Start time of the process, Unix time.",
                              boot_time + stat->start_seconds_after_boot));
  }
  if (const std::optional<double> open = CountOpenFiles()) {
    families.push_back(Family("process_open_fds", "Open file descriptors.", *open));
  }
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families.push_back(Family("process_max_fds", "Most file descriptors that may be open.",
                              static_cast<double>(limit.rlim_cur)));
  }
  return families;
}

}  // namespace strobe::server
