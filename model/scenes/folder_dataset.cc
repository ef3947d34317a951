#include "model/scenes/folder_dataset.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/image_io/image_codec.h"
#include "model/scenes/picture_fit.h"
#include "nlohmann/json.hpp"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

struct MetadataLine {
  std::string file_name;
  std::vector<std::string> captions;
};

bool IsPicture(const fs::path& path) {
  std::string extension = path.extension().string();
  absl::AsciiStrToLower(&extension);
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".webp";
}

// Relative, and not out of its directory.
bool StaysInside(const fs::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  return std::find(name.begin(), name.end(), "..") == name.end();
}

absl::StatusOr<std::vector<std::string>> ParseCaptions(const Json& text) {
  std::vector<std::string> captions;
  const Json list = text.is_array() ? text : Json::array({text});
  for (const Json& caption : list) {
    if (!caption.is_string()) return absl::InvalidArgumentError("\"text\" is not a string");
    captions.emplace_back(absl::StripAsciiWhitespace(caption.get_ref<const std::string&>()));
    if (captions.back().empty()) captions.clear();
    if (captions.empty()) break;
  }
  if (captions.empty()) return absl::InvalidArgumentError("no caption: \"text\" is empty");
  return captions;
}

absl::StatusOr<MetadataLine> ParseLine(const std::string& line) {
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return absl::InvalidArgumentError("not a JSON object");
  const auto name = json.find("file_name");
  if (name == json.end() || !name->is_string()) {
    return absl::InvalidArgumentError("no \"file_name\"");
  }
  const std::string file_name = name->get<std::string>();
  if (!StaysInside(file_name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"file_name\" ", file_name, " is not a path below the directory"));
  }
  const auto text = json.find("text");
  if (text == json.end() || text->is_null()) {
    return absl::InvalidArgumentError(absl::StrCat(file_name, ": no caption: no \"text\""));
  }
  absl::StatusOr<std::vector<std::string>> captions = ParseCaptions(*text);
  if (!captions.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file_name, ": ", captions.status().message()));
  }
  return MetadataLine{fs::path(file_name).lexically_normal().string(), *std::move(captions)};
}

// All lines of metadata.jsonl but the empty ones.
absl::StatusOr<std::vector<MetadataLine>> ReadMetadata(const fs::path& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path.string()));
  std::vector<MetadataLine> lines;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (absl::StripAsciiWhitespace(text).empty()) continue;
    absl::StatusOr<MetadataLine> line = ParseLine(text);
    if (!line.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path.string(), ":", number, ": ", line.status().message()));
    }
    lines.push_back(*std::move(line));
  }
  if (lines.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path.string(), ": names no pictures"));
  }
  return lines;
}

// Every picture below `root` must be one of `known`.
absl::Status CheckAllCaptioned(const fs::path& root, const std::set<std::string>& known) {
  std::error_code error;
  fs::recursive_directory_iterator it(root, error);
  for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    if (!it->is_regular_file(error) || !IsPicture(it->path())) continue;
    if (known.count(it->path().lexically_relative(root).string()) > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(it->path().string(), ": no caption: metadata.jsonl does not name it"));
  }
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(root.string(), ": ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<FolderDataset>> FolderDataset::Open(const std::string& directory,
                                                                   int image_size) {
  if (image_size < 1) {
    return absl::InvalidArgumentError(absl::StrCat("pictures of ", image_size, " pixels"));
  }
  const fs::path root(directory);
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    return absl::NotFoundError(absl::StrCat(directory, " is not a directory"));
  }
  STROBE_ASSIGN_OR_RETURN(std::vector<MetadataLine> lines, ReadMetadata(root / "metadata.jsonl"));
  std::vector<Entry> entries;
  std::set<std::string> known;
  for (MetadataLine& line : lines) {
    const fs::path path = root / line.file_name;
    if (!fs::is_regular_file(path, error)) {
      return absl::NotFoundError(absl::StrCat(path.string(),
                                              ": metadata.jsonl names this picture, "
                                              "but there is no such file"));
    }
    known.insert(line.file_name);
    entries.push_back({path.string(), std::move(line.captions)});
  }
  STROBE_RETURN_IF_ERROR(CheckAllCaptioned(root, known));
  return std::unique_ptr<FolderDataset>(new FolderDataset(image_size, std::move(entries)));
}

absl::StatusOr<CaptionedPicture> FolderDataset::Get(int64_t index) const {
  if (index < 0 || index >= size()) {
    return absl::OutOfRangeError(absl::StrCat("picture ", index, " of ", size()));
  }
  const Entry& entry = entries_[static_cast<size_t>(index)];
  const absl::StatusOr<std::string> bytes = ReadFile(entry.path);
  if (!bytes.ok()) return absl::InvalidArgumentError(bytes.status().message());
  absl::StatusOr<RgbImage> image = DecodeImage(*bytes);
  if (!image.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(entry.path, ": ", image.status().message()));
  }
  CaptionedPicture picture;
  picture.image = FitToSquare(*image, image_size_);
  for (const std::string& caption : entry.captions) picture.captions.push_back({caption, {}});
  return picture;
}

}  // namespace strobe::model
