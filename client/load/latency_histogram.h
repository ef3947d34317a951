// hist.hgrm: a distribution in the text format that HdrHistogram's plotter reads.

#ifndef STROBE_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
#define STROBE_CLIENT_LOAD_LATENCY_HISTOGRAM_H_

#include <string>
#include <vector>

#include "absl/types/span.h"

namespace strobe::client {

// The percentile distribution that HdrHistogram's outputPercentileDistribution writes: columns
// Value (milliseconds), Percentile (0 to 1), TotalCount (values up to Value), 1/(1-Percentile),
// with 5 lines for each halving of what remains to 100 %, then the summary. `sorted_seconds` is
// ascending; none: the heads and a summary of zeros. Values are exact, as nothing was put into
// buckets: SubBuckets is the number of different values.
std::string PercentilesAsHgrm(absl::Span<const double> sorted_seconds);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_LATENCY_HISTOGRAM_H_
