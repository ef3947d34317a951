// The first pictures of every row, to be looked at side by side.

#ifndef STROBE_MODEL_EVALUATION_SAMPLE_SHEETS_H_
#define STROBE_MODEL_EVALUATION_SAMPLE_SHEETS_H_

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/evaluation/report/comparison_rows.h"

namespace strobe::model {

inline constexpr size_t kSheetPictures = 16;  // a row

// The file of a row's strip, unlike that of any other row's samples: "lcm-2-steps.png".
std::string SheetName(const ComparisonRow& row);

// The bytes of a PNG with `pictures` (float32 [3, H, W] in 0..1, at least one) in a line.
absl::StatusOr<std::string> SheetPng(const std::vector<at::Tensor>& pictures);

// A Markdown page beside the strips: the prompts, in their order, and every row's strip.
std::string SheetsMarkdown(const std::vector<MeasuredRow>& rows,
                           const std::vector<std::string>& prompts);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_SAMPLE_SHEETS_H_
