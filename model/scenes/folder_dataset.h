// Captioned pictures from a directory in the `imagefolder` convention of HuggingFace datasets.

#ifndef STROBE_MODEL_SCENES_FOLDER_DATASET_H_
#define STROBE_MODEL_SCENES_FOLDER_DATASET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "model/scenes/captioned_pictures.h"
#include "model/scenes/folder_metadata.h"

namespace strobe::model {

// `metadata.jsonl` in `directory` names its PNG, JPEG and WebP files, their captions and, if they
// are labelled, their attributes: see ReadFolderMetadata. Pictures are scaled to cover image_size
// and cut to its middle square. Thread-safe: immutable after Open.
class FolderDataset final : public CaptionedPictures {
 public:
  // Reads the metadata and checks that every picture of the directory has a caption and every
  // caption its picture. One error names the file (and line) at fault: NOT_FOUND for a missing
  // directory, metadata.jsonl or picture, INVALID_ARGUMENT for the rest. Decodes nothing.
  static absl::StatusOr<std::unique_ptr<FolderDataset>> Open(const std::string& directory,
                                                             int image_size);

  int64_t size() const override { return static_cast<int64_t>(metadata_.pictures.size()); }
  int image_size() const override { return image_size_; }
  const AttributeHeads& heads() const override { return metadata_.heads; }

  // INVALID_ARGUMENT for a picture that cannot be read or decoded.
  absl::StatusOr<RgbImage> Picture(int64_t index) const override;
  absl::StatusOr<PictureTexts> Texts(int64_t index) const override;

 private:
  FolderDataset(std::string directory, int image_size, FolderMetadata metadata)
      : directory_(std::move(directory)), image_size_(image_size), metadata_(std::move(metadata)) {}

  absl::StatusOr<const FolderPicture*> Find(int64_t index) const;

  std::string directory_;
  int image_size_;
  FolderMetadata metadata_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_FOLDER_DATASET_H_
