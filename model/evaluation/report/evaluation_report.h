// EVALUATION.md: measured tables as Markdown.

#ifndef STROBE_MODEL_EVALUATION_REPORT_EVALUATION_REPORT_H_
#define STROBE_MODEL_EVALUATION_REPORT_EVALUATION_REPORT_H_

#include <string>
#include <vector>

#include "model/evaluation/report/benchmark_facts.h"
#include "model/evaluation/report/claims.h"
#include "model/evaluation/report/comparison_rows.h"

namespace strobe::model {

// What an EVALUATION.md says beside its tables.
struct EvaluationFacts {
  BenchmarkFacts benchmark;
  int num_resamples = 0;
  std::string command;
  std::vector<MeasuredRow> floor;  // what no model can beat: true pictures
  std::string floor_note;          // what of the floor could not be measured, and why
  std::vector<Claim> claims;
  std::vector<std::string> missing;  // folders that were not there
};

struct MeasuredTable {
  ComparisonTable table;
  std::vector<MeasuredRow> rows;  // those whose model was there
};

// The whole file. Each table has five parts: distances to true pictures, prompts, the attributes
// one by one beside those of the floor, the spread and the look of the pictures. Differences are to
// the table's base, the look's to `teacher` (null: not measured); a difference whose interval
// excludes 0 is set in bold, and so is a value that has such a difference.
std::string EvaluationMarkdown(const std::vector<MeasuredTable>& tables,
                               const RowStatistics* teacher, const EvaluationFacts& facts);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_EVALUATION_REPORT_H_
