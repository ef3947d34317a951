// Reads metrics as a scraper would.

#ifndef STROBE_TESTS_FAKES_METRICS_TEXT_H_
#define STROBE_TESTS_FAKES_METRICS_TEXT_H_

#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "server/observability/metrics.h"

namespace strobe::server {

// The whole scrape in the text format.
inline std::string MetricsText(const Metrics& metrics) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& collectable : metrics.collectables()) {
    for (auto& family : collectable->Collect()) families.push_back(std::move(family));
  }
  return prometheus::TextSerializer().Serialize(families);
}

// The value of one series, named as in the text: "strobe_batch_size_count{stage=\"decode\"}". NaN
// when there is none. Labels come in alphabetical order.
inline double MetricValue(const Metrics& metrics, const std::string& series) {
  std::istringstream lines(MetricsText(metrics));
  for (std::string line; std::getline(lines, line);) {
    if (line.compare(0, series.size() + 1, series + " ") == 0) {
      return std::strtod(line.c_str() + series.size(), nullptr);
    }
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace strobe::server

#endif  // STROBE_TESTS_FAKES_METRICS_TEXT_H_
