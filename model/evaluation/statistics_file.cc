#include "model/evaluation/statistics_file.h"

#include <ATen/ops/tensor.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

constexpr char kKey[] = "strobe_measured";

}  // namespace

absl::Status WriteStatistics(const std::string& path, const std::string& key,
                             const RowStatistics& statistics) {
  StateDict tensors;
  for (const auto& [name, statistic] : statistics) {
    std::vector<double> values = {statistic.value};
    values.insert(values.end(), statistic.draws.begin(), statistic.draws.end());
    tensors[name] = at::tensor(values, at::kDouble);
  }
  return WriteSafetensors(path, tensors, {{kKey, key}});
}

absl::StatusOr<RowStatistics> ReadStatistics(const std::string& path, const std::string& key) {
  STROBE_ASSIGN_OR_RETURN(const SafetensorsContents contents, ReadSafetensors(path));
  const auto found = contents.metadata.find(kKey);
  if (found == contents.metadata.end() || found->second != key) {
    return absl::NotFoundError(absl::StrCat(path, ": measured of something else"));
  }
  RowStatistics statistics;
  for (const auto& [name, tensor] : contents.tensors) {
    if (tensor.scalar_type() != at::kDouble || tensor.dim() != 1 || tensor.numel() < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": is not what an evaluation wrote; remove it"));
    }
    const double* values = tensor.const_data_ptr<double>();
    statistics[name] = {values[0], {values + 1, values + tensor.numel()}};
  }
  return statistics;
}

}  // namespace strobe::model
