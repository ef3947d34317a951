// What an evaluation compares: the rows of the tables.

#ifndef STROBE_MODEL_EVALUATION_REPORT_COMPARISON_ROWS_H_
#define STROBE_MODEL_EVALUATION_REPORT_COMPARISON_ROWS_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/evaluation/statistics/paired_bootstrap.h"

namespace strobe::model {

struct ComparisonRow {
  std::string label;   // "Imagine Flash", "without discriminator", ...
  std::string folder;  // of the model, in the directory of runs
  int steps = 1;
  std::optional<double> guidance_scale;  // absent: the model's own
  std::optional<bool> noise_correction;  // absent: the model's own

  // The same for rows of one measurement, and a file's name: "lcm-2-steps", ...
  std::string Name() const;
};

// Statistics by their names, see row_measurement.h.
using RowStatistics = std::map<std::string, Resampled>;

struct MeasuredRow {
  ComparisonRow row;
  int trainings = 1;  // models of other training seeds, over which the statistics are means
  RowStatistics statistics;
};

struct ComparisonTable {
  std::string title;
  ComparisonRow base;  // the others' differences are to it
  std::vector<ComparisonRow> rows;
};

// Every method and the teacher over the numbers of steps, what each part of Imagine Flash does, and
// noise correction trained and sampled on and off, for clean-latent and for epsilon prediction. The
// folders are teacher, step, add, lcm, imagine-flash, no-discriminator, no-backward, no-srl,
// fresh-noise, start-noise, uncorrected, epsilon-teacher, epsilon and epsilon-uncorrected; the
// folder F-seed1, F-seed2, ... hold the same of other training seeds.
std::vector<ComparisonTable> StandardTables();

// The row that all pictures' colours are compared with: the teacher's 25 steps.
ComparisonRow TeacherRow();

// Imagine Flash as it is served.
ComparisonRow OurRow(int steps);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REPORT_COMPARISON_ROWS_H_
