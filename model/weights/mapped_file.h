// A regular file as bytes in memory.

#ifndef STROBE_MODEL_WEIGHTS_MAPPED_FILE_H_
#define STROBE_MODEL_WEIGHTS_MAPPED_FILE_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// Maps a file privately (copy on write) and unmaps it when destroyed. Refuses what is not a regular
// file. Thread-safe: the bytes are the owner's to share.
class MappedFile {
 public:
  static absl::StatusOr<std::shared_ptr<MappedFile>> Open(const std::string& path);
  ~MappedFile();

  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  char* data() const { return data_; }
  absl::string_view bytes() const { return {data_, size_}; }

 private:
  MappedFile(char* data, std::size_t size) : data_(data), size_(size) {}

  char* data_;  // null: the file is empty
  std::size_t size_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_MAPPED_FILE_H_
