#include "workload/rate_search.h"

#include <algorithm>
#include <cmath>

namespace strobe::workload {

RateSearch::RateSearch(double low, double high, double step, int confirmations)
    : low_(low),
      high_(high),
      step_(step),
      last_step_(static_cast<int64_t>(std::ceil((high - low) / step - 1e-9))),
      confirmations_(confirmations) {}

double RateSearch::LoadAt(int64_t step) const {
  return std::min(high_, low_ + static_cast<double>(step) * step_);
}

std::optional<int64_t> RateSearch::NextStep() const {
  if (passed_.empty()) return lowest_failed_.has_value() ? std::nullopt : std::optional<int64_t>(0);
  const int64_t best = passed_.back();
  if (!lowest_failed_.has_value() && best < last_step_) return last_step_;
  if (lowest_failed_.has_value() && *lowest_failed_ - best > 1) {
    return best + (*lowest_failed_ - best) / 2;
  }
  return confirmed_ < confirmations_ ? std::optional<int64_t>(best) : std::nullopt;
}

std::optional<double> RateSearch::Next() const {
  const std::optional<int64_t> step = NextStep();
  return step.has_value() ? std::optional<double>(LoadAt(*step)) : std::nullopt;
}

void RateSearch::Report(bool passed) {
  const std::optional<int64_t> tried = NextStep();
  if (!tried.has_value()) return;
  const bool confirming = !passed_.empty() && *tried == passed_.back();
  if (passed && confirming) {
    ++confirmed_;
    return;
  }
  confirmed_ = 0;
  if (passed) {
    passed_.push_back(*tried);
  } else {
    lowest_failed_ = *tried;
    if (confirming) passed_.pop_back();
  }
}

std::optional<double> RateSearch::result() const {
  if (NextStep().has_value() || passed_.empty()) return std::nullopt;
  return LoadAt(passed_.back());
}

}  // namespace strobe::workload
