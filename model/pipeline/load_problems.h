// Keeps what went wrong while the rest of a model is loaded, so that one error tells all of it.

#ifndef STROBE_MODEL_PIPELINE_LOAD_PROBLEMS_H_
#define STROBE_MODEL_PIPELINE_LOAD_PROBLEMS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace strobe::model {

// Not thread-safe.
class LoadProblems {
 public:
  // The value, or absent with the problem noted.
  template <typename T>
  std::optional<T> Take(absl::StatusOr<T> result) {
    if (result.ok()) return *std::move(result);
    Add(result.status());
    return std::nullopt;
  }

  // OK is no problem.
  void Add(const absl::Status& status) {
    if (!status.ok()) statuses_.push_back(status);
  }

  bool none() const { return statuses_.empty(); }

  // The only problem as it is; several in one message with the code of the first.
  absl::Status status() const {
    if (statuses_.empty()) return absl::OkStatus();
    if (statuses_.size() == 1) return statuses_.front();
    const auto message = [](std::string* out, const absl::Status& status) {
      absl::StrAppend(out, status.message());
    };
    return absl::Status(
        statuses_.front().code(),
        absl::StrCat(statuses_.size(), " problems: ", absl::StrJoin(statuses_, "; ", message)));
  }

 private:
  std::vector<absl::Status> statuses_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_PIPELINE_LOAD_PROBLEMS_H_
