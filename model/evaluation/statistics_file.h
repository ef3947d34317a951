// What was measured of a model, kept between runs.

#ifndef STROBE_MODEL_EVALUATION_STATISTICS_FILE_H_
#define STROBE_MODEL_EVALUATION_STATISTICS_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/evaluation/report/comparison_rows.h"

namespace strobe::model {

// A safetensors file: under each statistic's name its value and its draws, float64 [1 + R]. The
// file appears whole or not at all. `key` tells what was measured apart from anything else.
absl::Status WriteStatistics(const std::string& path, const std::string& key,
                             const RowStatistics& statistics);

// NOT_FOUND when there is no file or one of another key: it has to be measured. INVALID_ARGUMENT
// for a file that WriteStatistics did not write.
absl::StatusOr<RowStatistics> ReadStatistics(const std::string& path, const std::string& key);

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_STATISTICS_FILE_H_
