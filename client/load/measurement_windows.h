// Decides how long to measure.

#ifndef STROBE_CLIENT_LOAD_MEASUREMENT_WINDOWS_H_
#define STROBE_CLIENT_LOAD_MEASUREMENT_WINDOWS_H_

#include <vector>

#include "absl/time/time.h"

namespace strobe::client {

struct WindowOptions {
  absl::Duration interval = absl::Seconds(5);  // of one window, above 0
  int max_trials = 10;                         // windows at most, from 1
  double stability_percentage = 10;            // how far windows may be from their mean, in percent
  double percentile = 99;                      // whose latency must be stable, above 0 to 100
};

// Windows of equal length, one after the other, until the last three agree: their throughput and
// their latency are each within the stability percentage of the mean of the three. What is measured
// is these three (all, when fewer were allowed); what came before counts as warm-up. The words and
// the rule are those of NVIDIA's perf_analyzer. Pure; not thread-safe.
class MeasurementWindows {
 public:
  static constexpr int kStableWindows = 3;

  explicit MeasurementWindows(const WindowOptions& options) : options_(options) {}

  // The first window begins at `start`.
  void Start(absl::Duration start) { start_ = start; }

  // A request ended well. Not before the end of the last window that Advance closed.
  void AddCompletion(absl::Duration latency) { latencies_.push_back(latency); }

  // Closes the window if it has ended by `now`. True when the measurement is over: then no window
  // is added any more.
  bool Advance(absl::Duration now);

  int trials() const { return static_cast<int>(windows_.size()); }
  bool stable() const;
  // What counts.
  absl::Duration begin() const;
  absl::Duration end() const { return start_ + trials() * options_.interval; }

 private:
  struct Window {
    double completions = 0;
    double latency = 0;  // seconds, at the percentile
  };

  const WindowOptions options_;
  absl::Duration start_ = absl::InfiniteDuration();
  bool over_ = false;
  std::vector<Window> windows_;
  std::vector<absl::Duration> latencies_;  // of the window that is open
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_MEASUREMENT_WINDOWS_H_
