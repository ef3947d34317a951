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

// A ratio of two measured rows, or a share that one row has, and the bar that it should reach.
struct Claim {
  std::string text;
  Resampled ratio;  // or the share
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
// correction, fewer steps being no better than more, and attributes that learned detectors find.
std::vector<Claim> CheckClaims(const std::map<std::string, MeasuredRow>& rows);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_CLAIMS_H_
