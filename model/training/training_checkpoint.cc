#include "model/training/training_checkpoint.h"

#include <ATen/core/grad_mode.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "model/weights/safetensors_file.h"

namespace strobe::model {
namespace {

constexpr char kSteps[] = "steps_done";
constexpr char kConfiguration[] = "configuration";

absl::Status CheckConfiguration(const std::string& path, const SafetensorsContents& contents,
                                const std::string& configuration) {
  const auto found = contents.metadata.find(kConfiguration);
  const std::string saved = found == contents.metadata.end() ? "" : found->second;
  if (saved == configuration) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": cannot resume with another configuration; saved with ", saved,
                   ", asked for ", configuration));
}

absl::Status CheckTensors(const std::string& path, const StateDict& saved, const StateDict& state) {
  for (const auto& [name, tensor] : state) {
    const auto found = saved.find(name);
    if (found == saved.end() || found->second.sizes() != tensor.sizes()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": lacks '", name, "' or has it in another shape"));
    }
  }
  if (saved.size() == state.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": holds ", saved.size(), " tensors, not ", state.size()));
}

}  // namespace

absl::Status SaveCheckpoint(const std::string& path, const StateDict& state, int64_t steps_done,
                            const std::string& configuration) {
  return WriteSafetensors(path, state,
                          {{kSteps, absl::StrCat(steps_done)}, {kConfiguration, configuration}});
}

absl::StatusOr<std::optional<int64_t>> RestoreCheckpoint(const std::string& path,
                                                         const StateDict& state,
                                                         const std::string& configuration) {
  const absl::StatusOr<SafetensorsContents> contents = ReadSafetensors(path);
  if (absl::IsNotFound(contents.status())) return std::optional<int64_t>();
  if (!contents.ok()) return contents.status();
  absl::Status status = CheckConfiguration(path, *contents, configuration);
  if (status.ok()) status = CheckTensors(path, contents->tensors, state);
  if (!status.ok()) return status;

  int64_t steps = 0;
  const auto found = contents->metadata.find(kSteps);
  if (found == contents->metadata.end() || !absl::SimpleAtoi(found->second, &steps)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": does not say after how many steps"));
  }
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state) tensor.copy_(contents->tensors.at(name));
  return std::optional<int64_t>(steps);
}

}  // namespace strobe::model
