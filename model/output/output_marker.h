// The file by which strobe knows a folder that it wrote.

#ifndef STROBE_MODEL_OUTPUT_OUTPUT_MARKER_H_
#define STROBE_MODEL_OUTPUT_OUTPUT_MARKER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/output/output_kind.h"

namespace strobe::model {

// Beside the other files of the folder.
inline constexpr char kMarkerName[] = ".strobe_output.json";

// By which a file that was changed since is told from one that was not.
struct FileFacts {
  uint64_t bytes = 0;
  uint32_t crc32 = 0;

  bool operator==(const FileFacts& other) const {
    return bytes == other.bytes && crc32 == other.crc32;
  }
};

struct OutputMarker {
  OutputKind kind = OutputKind::kModel;
  bool complete = false;                   // false: the folder is still being written
  std::map<std::string, FileFacts> files;  // of a complete model or critic, by relative path
};

// Nothing when `folder` has no marker, or one that strobe did not write.
std::optional<OutputMarker> ReadMarker(const std::string& folder);

absl::Status WriteMarker(const std::string& folder, const OutputMarker& marker);

// Reads the whole file.
absl::StatusOr<FileFacts> FactsOf(const std::string& path);

// Adds files, by their relative paths, to the marker of a complete model; without one nothing
// happens.
absl::Status AddToMarker(const std::string& folder, const std::vector<std::string>& names);

}  // namespace strobe::model

#endif  // STROBE_MODEL_OUTPUT_OUTPUT_MARKER_H_
