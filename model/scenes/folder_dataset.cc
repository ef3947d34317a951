#include "model/scenes/folder_dataset.h"

#include <filesystem>
#include <set>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/image_io/image_codec.h"
#include "model/scenes/picture_fit.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

bool IsPicture(const fs::path& path) {
  std::string extension = path.extension().string();
  absl::AsciiStrToLower(&extension);
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg" || extension == ".webp";
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

// Every picture of the metadata must be there.
absl::Status CheckAllThere(const fs::path& root, const FolderMetadata& metadata) {
  std::error_code error;
  for (const FolderPicture& picture : metadata.pictures) {
    const fs::path path = root / picture.file_name;
    if (fs::is_regular_file(path, error)) continue;
    return absl::NotFoundError(absl::StrCat(
        path.string(), ": metadata.jsonl names this picture, but there is no such file"));
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
  STROBE_ASSIGN_OR_RETURN(FolderMetadata metadata,
                          ReadFolderMetadata((root / "metadata.jsonl").string()));
  STROBE_RETURN_IF_ERROR(CheckAllThere(root, metadata));
  std::set<std::string> known;
  for (const FolderPicture& picture : metadata.pictures) known.insert(picture.file_name);
  STROBE_RETURN_IF_ERROR(CheckAllCaptioned(root, known));
  return std::unique_ptr<FolderDataset>(
      new FolderDataset(directory, image_size, std::move(metadata)));
}

absl::StatusOr<const FolderPicture*> FolderDataset::Find(int64_t index) const {
  if (index < 0 || index >= size()) {
    return absl::OutOfRangeError(absl::StrCat("picture ", index, " of ", size()));
  }
  return &metadata_.pictures[static_cast<size_t>(index)];
}

absl::StatusOr<RgbImage> FolderDataset::Picture(int64_t index) const {
  STROBE_ASSIGN_OR_RETURN(const FolderPicture* const picture, Find(index));
  const std::string path = (fs::path(directory_) / picture->file_name).string();
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return absl::InvalidArgumentError(bytes.status().message());
  const absl::StatusOr<RgbImage> image = DecodeImage(*bytes);
  if (!image.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", image.status().message()));
  }
  return FitToSquare(*image, image_size_);
}

absl::StatusOr<PictureTexts> FolderDataset::Texts(int64_t index) const {
  STROBE_ASSIGN_OR_RETURN(const FolderPicture* const picture, Find(index));
  return picture->texts;
}

}  // namespace strobe::model
