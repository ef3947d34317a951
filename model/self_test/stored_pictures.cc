#include "model/self_test/stored_pictures.h"

#include <cstdint>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/file_io.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "model/image_io/image_codec.h"
#include "model/output/output_marker.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr absl::string_view kFolder = "self_test";
constexpr absl::string_view kIndex = "self_test.json";
constexpr uint64_t kMaxFileBytes = 64 << 20;
constexpr int kMaxSteps = 1000;
constexpr int kMaxLevel = 255;

std::string PictureName(size_t index) { return absl::StrCat(index + 1, ".png"); }

absl::Status Wrong(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

// As ReadFile; every error is INVALID_ARGUMENT.
absl::StatusOr<std::string> ReadPart(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path, kMaxFileBytes);
  if (content.ok()) return content;
  return absl::InvalidArgumentError(content.status().message());
}

absl::StatusOr<StoredPicture> ReadPicture(const std::string& folder, JsonReader entry) {
  for (const char* key : {"file", "prompt", "seed", "num_inference_steps"}) entry.Require(key);
  StoredPicture picture;
  const std::string name = entry.GetNonEmptyString("file", "");
  picture.spec.prompt = entry.GetString("prompt", "");
  picture.spec.negative_prompt = entry.GetString("negative_prompt", "");
  picture.spec.seed = entry.GetUint64("seed", 0);
  picture.spec.num_inference_steps =
      static_cast<int>(entry.GetInt("num_inference_steps", 1, {1, kMaxSteps}));
  picture.spec.guidance_scale = entry.GetDouble("guidance_scale", 1.0);
  STROBE_RETURN_IF_ERROR(entry.status());
  if (std::filesystem::path(name).filename() != name) {
    return Wrong(folder, absl::StrCat("\"", name, "\" is not the name of a file in it"));
  }
  const std::string path = absl::StrCat(folder, "/", name);
  STROBE_ASSIGN_OR_RETURN(const std::string bytes, ReadPart(path));
  absl::StatusOr<RgbImage> image = DecodeImage(bytes);
  if (!image.ok()) return Wrong(path, image.status().message());
  picture.spec.width = image->width;
  picture.spec.height = image->height;
  picture.image = *std::move(image);
  return picture;
}

json EntryOf(const std::string& file, const GenerationSpec& spec) {
  json entry = {{"file", file},
                {"prompt", spec.prompt},
                {"seed", spec.seed},
                {"num_inference_steps", spec.num_inference_steps}};
  if (!spec.negative_prompt.empty()) entry["negative_prompt"] = spec.negative_prompt;
  if (spec.guidance_scale != 1.0) entry["guidance_scale"] = spec.guidance_scale;
  return entry;
}

// The files of pictures that `folder` holds by its index.
absl::StatusOr<std::set<std::string>> IndexedFiles(const std::string& folder) {
  std::set<std::string> names;
  const auto text = ReadFile(absl::StrCat(folder, "/", kIndex), kMaxFileBytes);
  if (absl::IsNotFound(text.status())) return names;
  STROBE_RETURN_IF_ERROR(text.status());
  const json root = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object() || !root.contains("pictures")) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder, "/", kIndex, ": is no index of stored pictures: move it elsewhere"));
  }
  for (const json& entry : root["pictures"]) {
    if (entry.is_object()) names.insert(entry.value("file", ""));
  }
  return names;
}

// Only pictures that an index names are replaced.
absl::Status CheckReplaceable(const std::string& folder, size_t num_pictures) {
  STROBE_ASSIGN_OR_RETURN(const std::set<std::string> ours, IndexedFiles(folder));
  for (size_t i = 0; i < num_pictures; ++i) {
    const std::string path = absl::StrCat(folder, "/", PictureName(i));
    std::error_code error;
    if (ours.count(PictureName(i)) > 0 || !std::filesystem::exists(path, error)) continue;
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": no self-test names it: move it elsewhere"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StoredPictures> ReadStoredPictures(const std::string& model_directory) {
  const std::string folder = absl::StrCat(model_directory, "/", kFolder);
  const std::string index = absl::StrCat(folder, "/", kIndex);
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) return StoredPictures();
  STROBE_ASSIGN_OR_RETURN(const std::string text, ReadPart(index));
  STROBE_ASSIGN_OR_RETURN(const json root, ParseJson(text, index));
  JsonReader reader(index, root);
  StoredPictures stored;
  JsonReader tolerance = reader.GetObject("tolerance");
  stored.tolerance.largest = static_cast<int>(
      tolerance.GetInt("max_difference", stored.tolerance.largest, {0, kMaxLevel}));
  stored.tolerance.share = tolerance.GetDouble("max_share", stored.tolerance.share, {0.0, 1.0});
  reader.Require("pictures");
  std::vector<JsonReader> entries;
  reader.ForEach("pictures", [&](const std::string& name, const json& entry) {
    entries.push_back(reader.ReaderOf(name, entry));
  });
  if (entries.size() > kMaxStoredPictures) {
    reader.AddProblem("pictures", absl::StrCat("holds more than ", kMaxStoredPictures));
  }
  STROBE_RETURN_IF_ERROR(reader.status());
  for (const JsonReader& entry : entries) {
    STROBE_ASSIGN_OR_RETURN(StoredPicture picture, ReadPicture(folder, entry));
    stored.pictures.push_back(std::move(picture));
  }
  return stored;
}

absl::Status WriteStoredPictures(const std::string& model_directory,
                                 const StoredPictures& pictures) {
  const std::string folder = absl::StrCat(model_directory, "/", kFolder);
  STROBE_RETURN_IF_ERROR(CheckReplaceable(folder, pictures.pictures.size()));
  STROBE_RETURN_IF_ERROR(MakeFolder(folder));
  std::vector<std::string> written = {absl::StrCat(kFolder, "/", kIndex)};
  json entries = json::array();
  for (const StoredPicture& picture : pictures.pictures) {
    const std::string name = PictureName(entries.size());
    STROBE_ASSIGN_OR_RETURN(const std::string png,
                            EncodeImage(picture.image, ImageFormat::kPng, 100));
    STROBE_RETURN_IF_ERROR(WriteFile(absl::StrCat(folder, "/", name), png));
    written.push_back(absl::StrCat(kFolder, "/", name));
    entries.push_back(EntryOf(name, picture.spec));
  }
  const json root = {
      {"tolerance",
       {{"max_difference", pictures.tolerance.largest}, {"max_share", pictures.tolerance.share}}},
      {"pictures", entries}};
  STROBE_RETURN_IF_ERROR(WriteFile(absl::StrCat(folder, "/", kIndex), root.dump(2) + "\n"));
  return AddToMarker(model_directory, written);
}

}  // namespace strobe::model
