// Short forms of prometheus-cpp's builders, and the buckets that all metrics share.

#ifndef STROBE_SERVER_OBSERVABILITY_METRIC_BUILDERS_H_
#define STROBE_SERVER_OBSERVABILITY_METRIC_BUILDERS_H_

#include <map>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace strobe::server {

using Labels = std::map<std::string, std::string>;

// Makes the series and exports it at once with 0. Series of one name share a family; the help text
// must be the same. The references live as long as the registry.
prometheus::Counter& AddCounter(prometheus::Registry& registry, const std::string& name,
                                const std::string& help, const Labels& labels = {});
prometheus::Gauge& AddGauge(prometheus::Registry& registry, const std::string& name,
                            const std::string& help, const Labels& labels = {});
prometheus::Histogram& AddHistogram(prometheus::Registry& registry, const std::string& name,
                                    const std::string& help, const std::vector<double>& buckets,
                                    const Labels& labels = {});

// Seconds: whole requests and waits, 10 ms to 60 s.
const std::vector<double>& LatencyBuckets();
// Seconds: one stage on one micro-batch, 0.5 ms to 60 s.
const std::vector<double>& StageBuckets();
// Samples in a micro-batch.
const std::vector<double>& BatchSizeBuckets();

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_METRIC_BUILDERS_H_
