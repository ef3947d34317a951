#include "model/output/output_folder.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/output/folder_contents.h"
#include "model/output/output_marker.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

absl::Status RefuseAt(const OutputRequest& request, absl::string_view path,
                      absl::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat(request.flag, ": ", path, " ", what));
}

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

bool IsEmptyFolder(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error) && fs::is_empty(path, error) && !error;
}

// Cannot be renamed: EBUSY.
bool IsMountPoint(const std::string& path) {
  struct statx there {};
  return statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &there) == 0 &&
         (there.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot rename ", from, " to ", to));
}

// Makes each of two folders the other in one step. False where the file system cannot.
absl::StatusOr<bool> Exchange(const std::string& a, const std::string& b) {
  if (renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0) return true;
  if (errno == EINVAL || errno == ENOSYS || errno == ENOTSUP) return false;
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot exchange ", a, " and ", b));
}

absl::StatusOr<bool> IsCompleteOfOurs(const std::string& path, OutputKind kind) {
  std::error_code error;
  if (!fs::is_directory(fs::symlink_status(path, error))) return false;
  STROBE_ASSIGN_OR_RETURN(const FolderContents contents, ExamineFolder(path, kind));
  return contents.ours() && contents.complete;
}

absl::Status CheckIsFolder(const OutputRequest& request, const std::string& path) {
  std::error_code error;
  if (!Exists(path) || fs::is_directory(path, error)) return absl::OkStatus();
  return RefuseAt(request, path, "is no folder: name one that does not exist yet");
}

}  // namespace

OutputFolder::OutputFolder(OutputRequest request, std::string path)
    : request_(std::move(request)),
      path_(std::move(path)),
      partial_(path_ + ".partial"),
      replaced_(path_ + ".replaced") {}

absl::StatusOr<OutputFolder> OutputFolder::Plan(const OutputRequest& request) {
  if (request.path.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(request.flag, " is empty: name a folder"));
  }
  OutputFolder folder(request, ResolvedPath(request.path));
  for (const std::string& path : {folder.path_, folder.partial_, folder.replaced_}) {
    STROBE_RETURN_IF_ERROR(CheckApart({request.flag, path}, request.keep_apart));
  }
  STROBE_RETURN_IF_ERROR(folder.CheckPlace());
  STROBE_RETURN_IF_ERROR(folder.RecoverReplaced());
  STROBE_RETURN_IF_ERROR(folder.CheckLeftovers());
  STROBE_RETURN_IF_ERROR(folder.CheckReplaceable());
  STROBE_RETURN_IF_ERROR(folder.CheckParent());
  return folder;
}

absl::Status OutputFolder::Refuse(absl::string_view path, absl::string_view what) const {
  return RefuseAt(request_, path, what);
}

absl::Status OutputFolder::CheckPlace() const {
  STROBE_RETURN_IF_ERROR(CheckIsFolder(request_, path_));
  std::error_code error;
  const std::string here = fs::current_path(error).string();
  if (!error && LiesIn(here, path_)) {
    return Refuse(path_, "is or holds the folder that the command runs in: name one in it");
  }
  if (!IsMountPoint(path_)) return absl::OkStatus();
  return Refuse(path_,
                "is a mount point, which cannot be replaced as a whole: name a folder in it");
}

absl::Status OutputFolder::CheckReplaceable() const {
  if (!Exists(path_) || IsEmptyFolder(path_)) return absl::OkStatus();
  const std::string kind(OutputKindName(request_.kind));
  STROBE_ASSIGN_OR_RETURN(const FolderContents contents, ExamineFolder(path_, request_.kind));
  if (!contents.ours()) {
    return Refuse(path_, absl::StrCat("is not empty and no ", kind, " that strobe wrote: it holds ",
                                      contents.ForeignNames(),
                                      "; name a folder that does not exist yet or is empty"));
  }
  if (*contents.kind != request_.kind) {
    return Refuse(path_, absl::StrCat("is a ", OutputKindName(*contents.kind),
                                      " that strobe wrote, no ", kind, ": name another folder"));
  }
  if (!contents.foreign.empty()) {
    return Refuse(path_, absl::StrCat("holds a ", kind,
                                      " that strobe wrote, and what it did not write or what has "
                                      "changed since: ",
                                      contents.ForeignNames(),
                                      "; move that elsewhere, or name another folder"));
  }
  if (request_.overwrite) return absl::OkStatus();
  return Refuse(path_, absl::StrCat("holds a ", kind,
                                    " that strobe wrote: add --overwrite to replace it, or name "
                                    "another folder"));
}

// A crash between the two renames that replace a folder where folders cannot be exchanged.
absl::Status OutputFolder::RecoverReplaced() const {
  if (Exists(path_)) return absl::OkStatus();
  STROBE_ASSIGN_OR_RETURN(const bool complete, IsCompleteOfOurs(replaced_, request_.kind));
  return complete ? Rename(replaced_, path_) : absl::OkStatus();
}

absl::Status OutputFolder::CheckLeftovers() const {
  STROBE_ASSIGN_OR_RETURN(const bool complete, IsCompleteOfOurs(partial_, request_.kind));
  if (complete) {
    return Refuse(partial_, absl::StrCat("holds a whole ", OutputKindName(request_.kind),
                                         " that a run before could not put in its place: move it "
                                         "to a name of its own, or remove it"));
  }
  for (const std::string& path : {partial_, replaced_}) {
    if (!Exists(path) || IsEmptyFolder(path)) continue;
    std::error_code error;
    if (fs::is_directory(fs::symlink_status(path, error))) {
      STROBE_ASSIGN_OR_RETURN(const FolderContents contents, ExamineFolder(path, request_.kind));
      if (contents.ours() && contents.foreign.empty()) continue;
    }
    return Refuse(path, "is in the way, strobe did not write all that is in it: move it elsewhere");
  }
  return absl::OkStatus();
}

absl::Status OutputFolder::CheckParent() const {
  const std::string parent = fs::path(path_).parent_path().string();
  const std::string probe = absl::StrCat(path_, ".probe.", getpid());
  absl::Status status = MakeFolder(parent);
  if (status.ok() && mkdir(probe.c_str(), 0777) != 0) status = absl::ErrnoToStatus(errno, parent);
  if (status.ok() && rmdir(probe.c_str()) != 0) status = absl::ErrnoToStatus(errno, probe);
  if (status.ok()) return status;
  return Refuse(path_, absl::StrCat("cannot be written: ", status.message(),
                                    "; name a folder where you may write"));
}

absl::Status OutputFolder::Write(
    absl::FunctionRef<absl::Status(const std::string& folder)> fill) const {
  STROBE_RETURN_IF_ERROR(RemoveOurs(partial_, request_.kind));
  STROBE_RETURN_IF_ERROR(RemoveOurs(replaced_, request_.kind));
  STROBE_RETURN_IF_ERROR(MakeFolder(partial_));
  OutputMarker started;
  started.kind = request_.kind;
  absl::Status status = WriteMarker(partial_, started);
  if (status.ok()) status = fill(partial_);
  if (status.ok()) {
    const absl::StatusOr<OutputMarker> marker = MarkerOf(partial_, request_.kind);
    status = marker.ok() ? WriteMarker(partial_, *marker) : marker.status();
  }
  if (!status.ok()) {
    RemoveOurs(partial_, request_.kind).IgnoreError();
    return status;
  }
  status = CheckReplaceable();
  if (status.ok()) status = PutInPlace();
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat(status.message(), "; the new ", OutputKindName(request_.kind),
                                     " is complete, in ", partial_));
  }
  return RemoveOurs(replaced_, request_.kind);
}

absl::Status OutputFolder::PutInPlace() const {
  if (!Exists(path_) || IsEmptyFolder(path_)) {
    STROBE_RETURN_IF_ERROR(Rename(partial_, path_));
  } else {
    STROBE_ASSIGN_OR_RETURN(const bool exchanged, Exchange(partial_, path_));
    if (exchanged) {
      STROBE_RETURN_IF_ERROR(Rename(partial_, replaced_));
    } else {
      STROBE_RETURN_IF_ERROR(Rename(path_, replaced_));
      if (absl::Status status = Rename(partial_, path_); !status.ok()) {
        Rename(replaced_, path_).IgnoreError();
        return status;
      }
    }
  }
  return SyncFolder(fs::path(path_).parent_path().string());
}

absl::Status OpenGrowingFolder(const OutputRequest& request) {
  const std::string path = ResolvedPath(request.path);
  const std::string kind(OutputKindName(request.kind));
  STROBE_RETURN_IF_ERROR(CheckApart({request.flag, path}, request.keep_apart));
  STROBE_RETURN_IF_ERROR(CheckIsFolder(request, path));
  const std::optional<OutputMarker> marker = Exists(path) ? ReadMarker(path) : std::nullopt;
  if (marker.has_value() && marker->kind != request.kind) {
    return RefuseAt(request, path,
                    absl::StrCat("is a ", OutputKindName(marker->kind), " that strobe wrote, no ",
                                 kind, ": name another folder"));
  }
  if (!marker.has_value() && Exists(path) && !IsEmptyFolder(path) &&
      !LooksLike(request.kind, path)) {
    return RefuseAt(request, path,
                    absl::StrCat("is not empty and no ", kind,
                                 " that strobe wrote: name a folder that does not "
                                 "exist yet or is empty"));
  }
  OutputMarker opened;
  opened.kind = request.kind;
  opened.complete = true;
  absl::Status status = MakeFolder(path);
  if (status.ok()) status = WriteMarker(path, opened);
  if (status.ok()) return status;
  return RefuseAt(
      request, path,
      absl::StrCat("cannot be written: ", status.message(), "; name a folder where you may write"));
}

}  // namespace strobe::model
