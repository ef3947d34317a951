// Captioned pictures from a directory in the `imagefolder` convention of HuggingFace datasets.

#ifndef STROBE_MODEL_SCENES_FOLDER_DATASET_H_
#define STROBE_MODEL_SCENES_FOLDER_DATASET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "model/scenes/scene_dataset.h"

namespace strobe::model {

// `metadata.jsonl` in `directory`: a JSON object a line, with "file_name" (PNG, JPEG or WebP,
// relative to the directory, never outside it) and "text" (one caption, or a list of captions).
// Other keys are ignored. Pictures are scaled to cover image_size and cut to its middle square.
// Thread-safe: immutable after Open.
class FolderDataset final : public CaptionedPictures {
 public:
  // Reads the metadata and checks that every picture of the directory has a caption and every
  // caption its picture. One error names the file (and line) at fault: NOT_FOUND for a missing
  // directory, metadata.jsonl or picture, INVALID_ARGUMENT for the rest. Decodes nothing.
  static absl::StatusOr<std::unique_ptr<FolderDataset>> Open(const std::string& directory,
                                                             int image_size);

  int64_t size() const override { return static_cast<int64_t>(entries_.size()); }
  int image_size() const override { return image_size_; }

  // INVALID_ARGUMENT for a picture that cannot be read or decoded.
  absl::StatusOr<CaptionedPicture> Get(int64_t index) const override;

 private:
  struct Entry {
    std::string path;
    std::vector<std::string> captions;
  };
  FolderDataset(int image_size, std::vector<Entry> entries)
      : image_size_(image_size), entries_(std::move(entries)) {}

  int image_size_;
  std::vector<Entry> entries_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_FOLDER_DATASET_H_
