// Reads metrics as a scraper would.

#ifndef STROBE_TESTS_FAKES_METRICS_TEXT_H_
#define STROBE_TESTS_FAKES_METRICS_TEXT_H_

#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace strobe::server {

// The whole scrape of a registry in the text format.
inline std::string MetricsText(const prometheus::Collectable& metrics) {
  return prometheus::TextSerializer().Serialize(metrics.Collect());
}

// The value of one series, named as in the text: "strobe_batch_size_count{stage=\"decode\"}". NaN
// when there is none. Labels come in alphabetical order.
inline double MetricValue(const prometheus::Collectable& metrics, const std::string& series) {
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
