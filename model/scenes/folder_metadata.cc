#include "model/scenes/folder_metadata.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"
#include "model/scenes/folder_attributes.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

template <typename... Parts>
absl::Status LineProblem(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// A JSON object. A key that an object has twice is an error: readers keep either.
absl::StatusOr<Json> ParseObject(const std::string& line) {
  std::vector<std::set<std::string>> open;  // the keys of the objects around the current place
  std::string twice;
  const Json json = Json::parse(
      line,
      [&](int, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::object_start) open.emplace_back();
        if (event == Json::parse_event_t::object_end) open.pop_back();
        if (event == Json::parse_event_t::key) {
          const std::string key = parsed.get<std::string>();
          if (!open.back().insert(key).second) twice = key;
        }
        return true;
      },
      /*allow_exceptions=*/false);
  if (!json.is_object()) return LineProblem("not a JSON object");
  if (!twice.empty()) return LineProblem("has the key ", ShowJson(twice), " twice");
  return json;
}

const Json* Find(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

// Relative, and not out of its directory.
bool StaysInside(const fs::path& name) {
  if (name.empty() || name.is_absolute()) return false;
  return std::find(name.begin(), name.end(), "..") == name.end();
}

absl::StatusOr<std::string> FileNameOf(const Json& line) {
  const Json* const name = Find(line, "file_name");
  if (name == nullptr || !name->is_string()) return LineProblem("no \"file_name\"");
  const std::string file_name = name->get<std::string>();
  if (!StaysInside(file_name)) {
    return LineProblem("\"file_name\" ", file_name, " is not a path below the directory");
  }
  return fs::path(file_name).lexically_normal().string();
}

// One of "text": a string, or an object of a string and what it says.
absl::StatusOr<PictureCaption> CaptionOf(const Json& element, const std::vector<int>& picture,
                                         const FolderAttributes& attributes) {
  const Json* text = &element;
  const Json* says = nullptr;
  if (element.is_object()) {
    for (const auto& [key, value] : element.items()) {
      if (key == "text" || key == "says") continue;
      return LineProblem("a caption has the key ", ShowJson(key), ": it has \"text\" and \"says\"");
    }
    text = Find(element, "text");
    says = Find(element, "says");
  }
  if (text == nullptr || !text->is_string()) {
    return LineProblem(
        "\"text\" is not a string, nor captions of {\"text\": ..., \"says\": [...]}");
  }
  PictureCaption caption;
  caption.text = std::string(absl::StripAsciiWhitespace(text->get_ref<const std::string&>()));
  if (caption.text.empty()) return LineProblem("no caption: \"text\" is empty");
  STROBE_ASSIGN_OR_RETURN(caption.labels, attributes.Said(picture, says));
  return caption;
}

absl::StatusOr<PictureTexts> TextsOf(const Json& line, FolderAttributes& attributes) {
  PictureTexts texts;
  STROBE_ASSIGN_OR_RETURN(texts.labels, attributes.AddPicture(Find(line, "attributes")));
  const Json* const text = Find(line, "text");
  if (text == nullptr || text->is_null()) return LineProblem("no caption: no \"text\"");
  const Json list = text->is_array() ? *text : Json::array({*text});
  if (list.empty()) return LineProblem("no caption: \"text\" is empty");
  for (const Json& element : list) {
    STROBE_ASSIGN_OR_RETURN(PictureCaption caption, CaptionOf(element, texts.labels, attributes));
    texts.captions.push_back(std::move(caption));
  }
  return texts;
}

absl::StatusOr<FolderPicture> PictureOf(const std::string& text, FolderAttributes& attributes) {
  STROBE_ASSIGN_OR_RETURN(const Json line, ParseObject(text));
  FolderPicture picture;
  STROBE_ASSIGN_OR_RETURN(picture.file_name, FileNameOf(line));
  absl::StatusOr<PictureTexts> texts = TextsOf(line, attributes);
  if (!texts.ok()) return LineProblem(picture.file_name, ": ", texts.status().message());
  picture.texts = *std::move(texts);
  return picture;
}

}  // namespace

absl::StatusOr<FolderMetadata> ReadFolderMetadata(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  FolderMetadata metadata;
  FolderAttributes attributes;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (absl::StripAsciiWhitespace(line).empty()) continue;
    absl::StatusOr<FolderPicture> picture = PictureOf(line, attributes);
    if (!picture.ok()) return LineProblem(path, ":", number, ": ", picture.status().message());
    metadata.pictures.push_back(*std::move(picture));
  }
  if (metadata.pictures.empty()) return LineProblem(path, ": names no pictures");
  metadata.heads = attributes.Heads();
  for (FolderPicture& picture : metadata.pictures) {
    attributes.Renumber(picture.texts.labels);
    for (PictureCaption& caption : picture.texts.captions) attributes.Renumber(caption.labels);
  }
  return metadata;
}

}  // namespace strobe::model
