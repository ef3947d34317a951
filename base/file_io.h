// Whole files in and out.

#ifndef STROBE_BASE_FILE_IO_H_
#define STROBE_BASE_FILE_IO_H_

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe {

// The bytes of the file at `path`. Errors begin with the path and have the code of their errno:
// NOT_FOUND when there is no such file. FAILED_PRECONDITION for a folder, RESOURCE_EXHAUSTED for a
// file of more than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     uint64_t max_bytes = std::numeric_limits<uint64_t>::max());

// Makes `bytes` the content of the file at `path`: a reader sees the old content or the new one,
// also after a crash, and on an error the old one stays. A symbolic link stays one. What is no
// regular file, /dev/stdout say, is written to directly. Errors as of ReadFile.
absl::Status WriteFile(const std::string& path, absl::string_view bytes);

// Adds `bytes` at the end of the file at `path`, which is made if there is none.
absl::Status AppendToFile(const std::string& path, absl::string_view bytes);

// Makes the folder `path` and those above it; OK when it is there already.
absl::Status MakeFolder(const std::string& path);

// Waits until the entries of the folder `path`, a rename in it say, are on the disk.
absl::Status SyncFolder(const std::string& path);

// WriteFile in pieces. Not thread-safe.
class FileReplacement {
 public:
  static absl::StatusOr<FileReplacement> Begin(const std::string& path);

  FileReplacement(FileReplacement&& other) noexcept;
  FileReplacement(const FileReplacement&) = delete;
  FileReplacement& operator=(const FileReplacement&) = delete;
  // Without a Commit the file at `path` stays as it was.
  ~FileReplacement();

  absl::Status Append(absl::string_view bytes);

  // What was appended is now the content of the file. At most once.
  absl::Status Commit();

 private:
  FileReplacement(std::string target, std::string written, int descriptor);

  std::string target_;
  std::string written_;  // beside the target until the commit; the target itself: no regular file
  int descriptor_;       // -1: committed, or moved from
};

}  // namespace strobe

#endif  // STROBE_BASE_FILE_IO_H_
