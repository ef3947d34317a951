// Conditions under which a benchmark fails, for continuous integration: "p99>200ms".

#ifndef STROBE_CLIENT_LOAD_FAIL_CONDITION_H_
#define STROBE_CLIENT_LOAD_FAIL_CONDITION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/load/load_summary.h"
#include "client/load/pixel_check.h"

namespace strobe::client {

enum class Comparison { kBelow, kAtMost, kAbove, kAtLeast };

// A figure, a comparison and a number in base units (seconds, shares from 0 to 1, a second).
struct FailCondition {
  std::string text;  // as it was written
  std::string figure;
  Comparison comparison = Comparison::kAbove;
  double bound = 0;
};

// FIGURE < | <= | > | >= NUMBER[UNIT], spaces allowed. Figures are
//   p50, p99, p99.9 ..., mean, max          latency, with a unit: us, ms, s, m
//   first_image_p99 ..., send_lag_p99 ...   the same
//   throughput, goodput, images             a second
//   errors, attainment                      shares: 1% or 0.01
//   pixel_mismatches                        pictures
// INVALID_ARGUMENT says what is wrong.
absl::StatusOr<FailCondition> ParseFailCondition(absl::string_view text);

// The lines above, for --help.
extern const char kFailConditionHelp[];

// The figure of `condition`.
double FigureOf(const FailCondition& condition, const LoadSummary& summary,
                const PixelCheckResult& pixels);

// True when the benchmark is to fail. A latency without a single answer is infinite.
bool Holds(const FailCondition& condition, const LoadSummary& summary,
           const PixelCheckResult& pixels);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_LOAD_FAIL_CONDITION_H_
