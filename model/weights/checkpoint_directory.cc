#include "model/weights/checkpoint_directory.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/weights/component_weights.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

// No config, vocabulary or list of merges comes near; a mistaken path could.
constexpr std::uintmax_t kMaxTextBytes = 64 << 20;

absl::StatusOr<std::string> ReadFile(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat(path.string(), " does not exist"));
  }
  if (!fs::is_regular_file(path, error)) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), " is not a regular file"));
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > kMaxTextBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), " is too big to be read as text"));
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << file.rdbuf();
  if (!file || !text) return absl::DataLossError(absl::StrCat("cannot read ", path.string()));
  return text.str();
}

absl::StatusOr<nlohmann::json> ReadJsonObject(const fs::path& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  nlohmann::json value = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
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

}  // namespace

absl::StatusOr<CheckpointDirectory> CheckpointDirectory::Open(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::NotFoundError(absl::StrCat("the model directory '", path, "' does not exist"));
  }
  const fs::path index_path = fs::path(path) / "model_index.json";
  absl::StatusOr<nlohmann::json> index = ReadJsonObject(index_path);
  if (!index.ok()) return index.status();

  CheckpointDirectory directory;
  directory.path_ = path;
  const auto pipeline = index->find("_class_name");
  if (pipeline == index->end() || !pipeline->is_string()) {
    return absl::InvalidArgumentError(absl::StrCat(index_path.string(), " has no _class_name"));
  }
  directory.pipeline_class_ = pipeline->get<std::string>();
  for (const auto& [component, entry] : index->items()) {
    const std::string name = ClassOf(entry);
    if (!name.empty()) directory.component_classes_[component] = name;
  }

  const fs::path manifest_path = fs::path(path) / "strobe.json";
  if (!fs::exists(manifest_path, error)) return directory;
  const absl::StatusOr<std::string> text = ReadFile(manifest_path);
  if (!text.ok()) return text.status();
  absl::StatusOr<ModelManifest> manifest = ParseModelManifest(*text);
  if (!manifest.ok()) {
    return absl::Status(manifest.status().code(),
                        absl::StrCat(manifest_path.string(), ": ", manifest.status().message()));
  }
  directory.manifest_ = *std::move(manifest);
  return directory;
}

std::string CheckpointDirectory::ComponentClass(const std::string& component) const {
  const auto found = component_classes_.find(component);
  return found == component_classes_.end() ? "" : found->second;
}

absl::StatusOr<nlohmann::json> CheckpointDirectory::ReadJson(const std::string& component,
                                                             const std::string& file) const {
  return ReadJsonObject(fs::path(path_) / component / file);
}

absl::StatusOr<std::string> CheckpointDirectory::ReadText(const std::string& component,
                                                          const std::string& file) const {
  return ReadFile(fs::path(path_) / component / file);
}

absl::StatusOr<StateDict> CheckpointDirectory::ReadWeights(const std::string& component) const {
  return ReadComponentWeights((fs::path(path_) / component).string());
}

}  // namespace strobe::model
