#include "model/training/run/training_checkpoint.h"

#include <vector>

#include <ATen/core/grad_mode.h>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_file.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

constexpr char kSteps[] = "steps_done";
constexpr char kConfiguration[] = "configuration";

// What differs between two configurations: "/seed is 4, was 0; ...". Texts that are not JSON are
// told as they are.
std::string Differences(const std::string& saved, const std::string& asked) {
  const auto from = nlohmann::json::parse(saved, nullptr, /*allow_exceptions=*/false);
  const auto to = nlohmann::json::parse(asked, nullptr, /*allow_exceptions=*/false);
  if (!from.is_object() || !to.is_object()) return absl::StrCat("is ", asked, ", was ", saved);
  std::vector<std::string> differences;
  const auto text = [](const nlohmann::json& json, const nlohmann::json::json_pointer& path) {
    return json.contains(path) ? json.at(path).dump() : "absent";
  };
  for (const nlohmann::json& change : nlohmann::json::diff(from, to)) {
    const std::string path = change.at("path");
    const nlohmann::json::json_pointer pointer(path);
    differences.push_back(
        absl::StrCat(path, " is ", text(to, pointer), ", was ", text(from, pointer)));
  }
  return absl::StrJoin(differences, "; ");
}

absl::Status CheckConfiguration(const std::string& path, const SafetensorsContents& contents,
                                const std::string& configuration) {
  const auto found = contents.metadata.find(kConfiguration);
  const std::string saved = found == contents.metadata.end() ? "" : found->second;
  if (saved == configuration) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      path, ": cannot resume with another configuration: ", Differences(saved, configuration),
      "; give the old one again, or another work directory"));
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
  STROBE_RETURN_IF_ERROR(contents.status());
  STROBE_RETURN_IF_ERROR(CheckConfiguration(path, *contents, configuration));
  STROBE_RETURN_IF_ERROR(CheckTensors(path, contents->tensors, state));

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
