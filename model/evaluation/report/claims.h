// What a comparison is expected to show, as numbers.

#ifndef STROBE_MODEL_EVALUATION_REPORT_CLAIMS_H_
#define STROBE_MODEL_EVALUATION_REPORT_CLAIMS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/evaluation/report/comparison_rows.h"
#include "model/evaluation/statistics/paired_bootstrap.h"

namespace strobe::model {

// A ratio of two measured rows and the bar that it should reach.
struct Claim {
  std::string text;
  Resampled ratio;
  double bar = 1.0;
  bool at_most = true;  // the ratio is to be at most the bar; else at least
  // For distances: the first row's MMD^2 less the second's.
  std::optional<Resampled> discrepancy;

  // The ratio reaches the bar, and for a claim that one row is better than another its interval
  // excludes 1 and the discrepancy has the same sign.
  bool IsMet() const;
};

// Every claim whose rows are among `rows`, which are by their names: headroom of the teacher, ours
// beside the teacher and the baselines, what each part is worth, spread over seeds, noise
// correction, and fewer steps being no better than more.
std::vector<Claim> CheckClaims(const std::map<std::string, MeasuredRow>& rows);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_CLAIMS_H_
