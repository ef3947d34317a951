// Whether two folders have anything in common.

#ifndef STROBE_MODEL_OUTPUT_FOLDER_OVERLAP_H_
#define STROBE_MODEL_OUTPUT_FOLDER_OVERLAP_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace strobe::model {

struct NamedFolder {
  std::string name;  // for an error: "the teacher's folder"
  std::string path;  // empty: there is none
};

// `path` as an absolute one without links, "..", "." and a slash at its end. What does not exist
// yet may be in it.
std::string ResolvedPath(const std::string& path);

// Both resolved. A folder lies in itself; folders are told by their inodes.
bool LiesIn(const std::string& inner, const std::string& outer);

// FAILED_PRECONDITION when `folder` is one of `others`, holds one or lies in one, under whatever
// names.
absl::Status CheckApart(const NamedFolder& folder, absl::Span<const NamedFolder> others);

}  // namespace strobe::model

#endif  // STROBE_MODEL_OUTPUT_FOLDER_OVERLAP_H_
