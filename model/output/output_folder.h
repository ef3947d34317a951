// The folders that strobe-model writes its results to, without ever removing what is not its own.

#ifndef STROBE_MODEL_OUTPUT_OUTPUT_FOLDER_H_
#define STROBE_MODEL_OUTPUT_OUTPUT_FOLDER_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/output/folder_overlap.h"
#include "model/output/output_kind.h"

namespace strobe::model {

struct OutputRequest {
  OutputKind kind = OutputKind::kModel;
  std::string flag = "--output";  // for errors
  std::string path;
  bool overwrite = false;                 // replace one of the same kind that strobe wrote
  std::vector<NamedFolder> keep_apart{};  // folders that must not be touched
};

// A model or a critic: built beside its place in `<path>.partial` and then put there in one step,
// so that a crash leaves the old one or the new one, never neither. The old one is removed last,
// file by file: only files that strobe wrote and that are as it wrote them, by the list and the
// checksums in the marker of the folder.
class OutputFolder {
 public:
  // Decides before any work whether the folder may be written. FAILED_PRECONDITION says what to do
  // instead when it
  // - is, holds or lies in a folder of `keep_apart`,
  // - is not empty: whatever strobe did not write stays; a folder of strobe's own of this kind
  // needs
  //   `overwrite`, and must hold nothing else,
  // - cannot be made or replaced where it is.
  // What a crash left beside it is brought back where nothing took its place, or named.
  static absl::StatusOr<OutputFolder> Plan(const OutputRequest& request);

  // Absolute, without links.
  const std::string& path() const { return path_; }

  // `fill` writes into the folder that it gets. Its error is returned and leaves everything as it
  // was. FAILED_PRECONDITION when the place has been taken since Plan: the message says where the
  // new folder is.
  absl::Status Write(absl::FunctionRef<absl::Status(const std::string& folder)> fill) const;

 private:
  OutputFolder(OutputRequest request, std::string path);

  absl::Status CheckPlace() const;
  absl::Status CheckReplaceable() const;
  absl::Status CheckLeftovers() const;
  absl::Status CheckParent() const;
  absl::Status RecoverReplaced() const;
  absl::Status PutInPlace() const;
  absl::Status Refuse(absl::string_view path, absl::string_view what) const;

  OutputRequest request_;
  std::string path_;
  std::string partial_;   // where the new one is built
  std::string replaced_;  // where the old one is while it is removed
};

// A work folder or an evaluation, which runs add files to: makes it, or goes on with one of this
// kind. `overwrite` is not looked at. Errors as of Plan.
absl::Status OpenGrowingFolder(const OutputRequest& request);

}  // namespace strobe::model

#endif  // STROBE_MODEL_OUTPUT_OUTPUT_FOLDER_H_
