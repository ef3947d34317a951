// What an evaluation compares: the rows of the tables.

#ifndef STROBE_MODEL_EVALUATION_COMPARISON_ROWS_H_
#define STROBE_MODEL_EVALUATION_COMPARISON_ROWS_H_

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "model/evaluation/alignment_score.h"
#include "model/evaluation/confidence_interval.h"

namespace strobe::model {

struct ComparisonRow {
  int table = 1;       // 1: methods; 3: the parts of the method
  std::string label;   // "Imagine Flash", "without discriminator", ...
  std::string folder;  // of the model, in the directory of runs
  int steps = 1;
  std::optional<double> guidance_scale;  // absent: the model's own
  std::optional<bool> noise_correction;  // absent: the model's own
};

// The rows of Table 1 and Table 3 of Imagine Flash (Kohler et al. 2024) over the folders teacher,
// step, add, lcm, imagine-flash, no-discriminator, no-backward and no-srl.
std::vector<ComparisonRow> StandardRows();

// What was measured of one row.
struct RowResult {
  std::vector<std::optional<Estimate>> attributes;  // by Attribute; shares 0..1
  Estimate alignment;                               // mean over the attributes asked for
  Estimate complex;                                 // every attribute right
  Estimate held_out_complex;                        // the same over the held-out prompts
  Estimate frechet;
  Estimate similarity;  // cosine of picture and caption
};

nlohmann::json RowResultJson(const RowResult& result);

// INVALID_ARGUMENT when `json` is not what RowResultJson writes.
absl::StatusOr<RowResult> ParseRowResult(const nlohmann::json& json);

struct MeasuredRow {
  ComparisonRow row;
  RowResult result;
};

// What an EVALUATION.md says beside its tables.
struct EvaluationFacts {
  std::string domain;
  int num_prompts = 0;
  int num_references = 0;  // true pictures behind the Frechet distances
  uint64_t seed = 0;
  RowResult true_renders;            // the detectors' own accuracy
  std::vector<std::string> missing;  // folders that were not there
  std::string command;
};

// EVALUATION.md: both tables in Markdown, the detectors' accuracy, how it was measured.
std::string EvaluationMarkdown(const std::vector<MeasuredRow>& rows, const EvaluationFacts& facts);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_COMPARISON_ROWS_H_
