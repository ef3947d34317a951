// Finds the highest load that still passes.

#ifndef STROBE_WORKLOAD_RATE_SEARCH_H_
#define STROBE_WORKLOAD_RATE_SEARCH_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace strobe::workload {

// Bisection over the loads low, low + step, low + 2 step ... high, for a test that passes below
// some load and fails above, give or take noise:
//  1. The low end is tried first, then the high end; if the first fails there is no result, if both
//     pass the high end is it.
//  2. Then the middle between the highest load that passed and the lowest that failed, until they
//     are neighbours.
//  3. The load found must pass again `confirmations` times; where it does not, it counts as failed
//     and the search goes on below it.
// Pure; not thread-safe.
class RateSearch {
 public:
  // `low` <= `high`, `step` above 0, `confirmations` from 0.
  RateSearch(double low, double high, double step, int confirmations);

  // The load to try next; none when the search is over.
  std::optional<double> Next() const;

  // The outcome of trying what Next said.
  void Report(bool passed);

  // The highest load that passed and was confirmed; none when not even the low end did, or while
  // the search goes on.
  std::optional<double> result() const;

 private:
  std::optional<int64_t> NextStep() const;
  double LoadAt(int64_t step) const;

  const double low_;
  const double high_;
  const double step_;
  const int64_t last_step_;  // of the high end
  const int confirmations_;

  std::vector<int64_t> passed_;  // ascending
  std::optional<int64_t> lowest_failed_;
  int confirmed_ = 0;  // times that the last of passed_ passed again
};

}  // namespace strobe::workload

#endif  // STROBE_WORKLOAD_RATE_SEARCH_H_
