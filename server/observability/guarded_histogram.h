// A histogram that one bad number cannot spoil.

#ifndef STROBE_SERVER_OBSERVABILITY_GUARDED_HISTOGRAM_H_
#define STROBE_SERVER_OBSERVABILITY_GUARDED_HISTOGRAM_H_

#include <cmath>

#include <prometheus/histogram.h>

namespace strobe::server {

// Forwards to a prometheus histogram, which must outlive it. Values that are not finite would make
// the sum useless for ever, so they are ignored; negative ones count as zero. Thread-safe.
class GuardedHistogram {
 public:
  explicit GuardedHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}

  void Observe(double value) {
    if (!std::isfinite(value)) return;
    histogram_.Observe(value < 0 ? 0 : value);
  }

 private:
  prometheus::Histogram& histogram_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_GUARDED_HISTOGRAM_H_
