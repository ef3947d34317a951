#include "model/self_test/stored_pictures.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "model/image_io/image_codec.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr absl::string_view kFolder = "self_test";
constexpr absl::string_view kIndex = "self_test.json";
constexpr std::uintmax_t kMaxFileBytes = 64 << 20;

absl::Status Wrong(const std::string& path, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(path, error);
  if (error) return Wrong(path, error.message());
  if (bytes > kMaxFileBytes) return Wrong(path, "larger than 64 MiB");
  std::ifstream file(path, std::ios::binary);
  std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.good() && !file.eof()) return Wrong(path, "cannot be read");
  return content;
}

absl::Status WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot write ", path));
}

// Throws json::exception when a value is missing or of another type.
absl::StatusOr<StoredPicture> ReadPicture(const std::string& folder, const json& entry) {
  const std::string name = entry.at("file").get<std::string>();
  if (name.empty() || std::filesystem::path(name).filename() != name) {
    return Wrong(folder, absl::StrCat("\"", name, "\" is not the name of a file in it"));
  }
  const std::string path = absl::StrCat(folder, "/", name);
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<RgbImage> image = DecodeImage(*bytes);
  if (!image.ok()) return Wrong(path, image.status().message());
  StoredPicture picture;
  picture.spec.prompt = entry.at("prompt").get<std::string>();
  picture.spec.negative_prompt = entry.value("negative_prompt", "");
  picture.spec.seed = entry.at("seed").get<uint64_t>();
  picture.spec.num_inference_steps = entry.at("num_inference_steps").get<int>();
  picture.spec.guidance_scale = entry.value("guidance_scale", 1.0);
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

}  // namespace

absl::StatusOr<StoredPictures> ReadStoredPictures(const std::string& model_directory) {
  const std::string folder = absl::StrCat(model_directory, "/", kFolder);
  const std::string index = absl::StrCat(folder, "/", kIndex);
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) return StoredPictures();
  const absl::StatusOr<std::string> text = ReadFile(index);
  if (!text.ok()) return text.status();
  StoredPictures stored;
  try {
    const json root = json::parse(*text);
    const json tolerance = root.value("tolerance", json::object());
    stored.tolerance.largest = tolerance.value("max_difference", stored.tolerance.largest);
    stored.tolerance.share = tolerance.value("max_share", stored.tolerance.share);
    const json& entries = root.at("pictures");
    if (!entries.is_array() || entries.size() > kMaxStoredPictures) {
      return Wrong(index,
                   absl::StrCat("\"pictures\" is not a list of at most ", kMaxStoredPictures));
    }
    for (const json& entry : entries) {
      absl::StatusOr<StoredPicture> picture = ReadPicture(folder, entry);
      if (!picture.ok()) return picture.status();
      stored.pictures.push_back(*std::move(picture));
    }
  } catch (const json::exception& e) {
    return Wrong(index, e.what());
  }
  return stored;
}

absl::Status WriteStoredPictures(const std::string& model_directory,
                                 const StoredPictures& pictures) {
  const std::string folder = absl::StrCat(model_directory, "/", kFolder);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  json entries = json::array();
  for (const StoredPicture& picture : pictures.pictures) {
    const std::string name = absl::StrCat(entries.size() + 1, ".png");
    const absl::StatusOr<std::string> png = EncodeImage(picture.image, ImageFormat::kPng, 100);
    if (!png.ok()) return png.status();
    if (absl::Status status = WriteFile(absl::StrCat(folder, "/", name), *png); !status.ok()) {
      return status;
    }
    entries.push_back(EntryOf(name, picture.spec));
  }
  const json root = {
      {"tolerance",
       {{"max_difference", pictures.tolerance.largest}, {"max_share", pictures.tolerance.share}}},
      {"pictures", entries}};
  return WriteFile(absl::StrCat(folder, "/", kIndex), root.dump(2) + "\n");
}

}  // namespace strobe::model
