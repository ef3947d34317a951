#include "model/weights/checkpoint_directory.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/weights/component_weights.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

// No config, vocabulary or list of merges comes near; a mistaken path could.
constexpr uint64_t kMaxTextBytes = 64 << 20;

absl::StatusOr<std::string> ReadTextFile(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat(path.string(), " does not exist"));
  }
  if (!fs::is_regular_file(path, error)) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), " is not a regular file"));
  }
  return ReadFile(path.string(), kMaxTextBytes);
}

absl::StatusOr<nlohmann::json> ReadJsonObject(const fs::path& path) {
  STROBE_ASSIGN_OR_RETURN(std::string text, ReadTextFile(path));
  nlohmann::json value = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object()) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), " is not a JSON object"));
  }
  return value;
}

// model_index.json names a component as ["library", "Class"], or [null, null] for none.
std::string ClassOf(const nlohmann::json& entry) {
  if (!entry.is_array() || entry.size() != 2 || !entry[1].is_string()) return "";
  return entry[1].get<std::string>();
}

// `path` as it is written in the file `directory`/strobe.json.
std::string FromManifest(const fs::path& directory, const std::string& path) {
  return path.empty() ? path : (directory / path).lexically_normal().string();
}

}  // namespace

absl::StatusOr<CheckpointDirectory> CheckpointDirectory::Open(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::NotFoundError(absl::StrCat("the model directory '", path, "' does not exist"));
  }
  CheckpointDirectory directory;
  directory.path_ = path;
  STROBE_RETURN_IF_ERROR(directory.ReadManifest());
  STROBE_RETURN_IF_ERROR(directory.ReadIndex());
  return directory;
}

absl::Status CheckpointDirectory::ReadManifest() {
  const fs::path path = fs::path(path_) / "strobe.json";
  std::error_code error;
  if (!fs::exists(path, error)) return absl::OkStatus();
  STROBE_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  absl::StatusOr<ModelManifest> manifest = ParseModelManifest(text);
  if (!manifest.ok()) {
    return absl::Status(manifest.status().code(),
                        absl::StrCat(path.string(), ": ", manifest.status().message()));
  }
  manifest_ = *std::move(manifest);
  manifest_.base = FromManifest(path_, manifest_.base);
  manifest_.unet = FromManifest(path_, manifest_.unet);
  for (LoraReference& lora : manifest_.lora) lora.path = FromManifest(path_, lora.path);
  return absl::OkStatus();
}

absl::Status CheckpointDirectory::ReadIndex() {
  constexpr char kIndex[] = "model_index.json";
  std::error_code error;
  fs::path path = fs::path(path_) / kIndex;
  if (!fs::exists(path, error) && !manifest_.base.empty()) path = fs::path(manifest_.base) / kIndex;
  STROBE_ASSIGN_OR_RETURN(const nlohmann::json index, ReadJsonObject(path));
  const auto pipeline = index.find("_class_name");
  if (pipeline == index.end() || !pipeline->is_string()) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), " has no _class_name"));
  }
  pipeline_class_ = pipeline->get<std::string>();
  const auto zeros = index.find("force_zeros_for_empty_prompt");
  force_zeros_for_empty_prompt_ = zeros == index.end() || *zeros != false;
  for (const auto& [component, entry] : index.items()) {
    const std::string name = ClassOf(entry);
    if (!name.empty()) component_classes_[component] = name;
  }
  if (manifest_.scheduler.empty()) return absl::OkStatus();
  const nlohmann::json scheduler = nlohmann::json::parse(manifest_.scheduler);
  if (const auto name = scheduler.find("_class_name"); name != scheduler.end()) {
    component_classes_["scheduler"] = name->is_string() ? name->get<std::string>() : name->dump();
  }
  return absl::OkStatus();
}

std::string CheckpointDirectory::ComponentClass(const std::string& component) const {
  const auto found = component_classes_.find(component);
  return found == component_classes_.end() ? "" : found->second;
}

std::string CheckpointDirectory::Folder(const std::string& component) const {
  std::error_code error;
  const fs::path own = fs::path(path_) / component;
  if (manifest_.base.empty() || fs::is_directory(own, error)) return own.string();
  return (fs::path(manifest_.base) / component).string();
}

std::string CheckpointDirectory::WeightsPath(const std::string& component) const {
  return component == "unet" && !manifest_.unet.empty() ? manifest_.unet : Folder(component);
}

absl::StatusOr<nlohmann::json> CheckpointDirectory::ReadJson(const std::string& component,
                                                             const std::string& file) const {
  std::error_code error;
  const fs::path beside_weights = fs::path(WeightsPath(component)) / file;
  absl::StatusOr<nlohmann::json> value = ReadJsonObject(
      fs::exists(beside_weights, error) ? beside_weights : fs::path(Folder(component)) / file);
  if (value.ok() && file == "scheduler_config.json" && !manifest_.scheduler.empty()) {
    value->update(nlohmann::json::parse(manifest_.scheduler));
  }
  return value;
}

absl::StatusOr<std::string> CheckpointDirectory::ReadText(const std::string& component,
                                                          const std::string& file) const {
  return ReadTextFile(fs::path(Folder(component)) / file);
}

absl::StatusOr<StateDict> CheckpointDirectory::ReadWeights(const std::string& component) const {
  return ReadComponentWeights(WeightsPath(component), manifest_.variant);
}

}  // namespace strobe::model
