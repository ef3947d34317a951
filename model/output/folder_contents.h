// Which files of a folder strobe wrote.

#ifndef STROBE_MODEL_OUTPUT_FOLDER_CONTENTS_H_
#define STROBE_MODEL_OUTPUT_FOLDER_CONTENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/output/output_kind.h"
#include "model/output/output_marker.h"

namespace strobe::model {

// Of a model or a critic; the paths are relative to the folder.
struct FolderContents {
  // Marked by strobe, or known as a model or a critic of an earlier release.
  bool ours() const { return kind.has_value(); }
  bool empty() const { return files.empty() && folders.empty() && foreign.empty(); }
  // "a, b and 3 more".
  std::string ForeignNames() const;

  std::optional<OutputKind> kind;
  bool complete = false;             // false also: not ours
  std::vector<std::string> files;    // that strobe wrote; nothing has changed them since
  std::vector<std::string> folders;  // that those are in, inner ones first
  std::vector<std::string> foreign;  // everything else
};

// Looks through `folder`, which exists, for a folder of this kind. Reads every file that the marker
// lists. One of another kind is told as such.
absl::StatusOr<FolderContents> ExamineFolder(const std::string& folder, OutputKind kind);

// Removes from `folder` what strobe wrote, and `folder` itself when nothing else is in it. Nothing
// happens when it does not exist. FAILED_PRECONDITION names what is left.
absl::Status RemoveOurs(const std::string& folder, OutputKind kind);

// The marker of a folder that is complete: every file of it.
absl::StatusOr<OutputMarker> MarkerOf(const std::string& folder, OutputKind kind);

}  // namespace strobe::model

#endif  // STROBE_MODEL_OUTPUT_FOLDER_CONTENTS_H_
