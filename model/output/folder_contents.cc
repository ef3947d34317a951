#include "model/output/folder_contents.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxNames = 5;  // of an error

// A file that base/file_io or the writer of weights had not renamed yet: "<name>.tmp.<pid>...".
absl::string_view WithoutTemporarySuffix(absl::string_view name) {
  return name.substr(0, name.find(".tmp."));
}

struct Entry {
  std::string name;  // relative
  bool is_folder = false;
  bool is_file = false;
};

// A link is neither a folder nor a file. Entries of a folder come behind it.
absl::StatusOr<std::vector<Entry>> EntriesOf(const std::string& folder) {
  std::vector<Entry> entries;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const fs::file_status status = it->symlink_status(error);
    if (error) break;
    entries.push_back({it->path().lexically_relative(folder).string(), fs::is_directory(status),
                       fs::is_regular_file(status)});
  }
  if (error) return absl::ErrnoToStatus(error.value(), folder);
  return entries;
}

// Decides file by file whether strobe wrote it.
class Ownership {
 public:
  Ownership(const std::string& folder, OutputKind kind)
      : folder_(folder), marker_(ReadMarker(folder)) {
    if (marker_.has_value()) {
      kind_ = marker_->kind;
    } else if (LooksLike(kind, folder)) {
      kind_ = kind;
    }
  }

  std::optional<OutputKind> kind() const { return kind_; }
  bool complete() const { return marker_.has_value() ? marker_->complete : kind_.has_value(); }

  bool Owns(const std::string& name) const {
    if (!kind_.has_value()) return false;
    if (name == kMarkerName) return marker_.has_value();
    if (marker_.has_value() && marker_->complete) {
      const auto listed = marker_->files.find(name);
      if (listed == marker_->files.end()) return false;
      const auto facts = FactsOf(absl::StrCat(folder_, "/", name));
      return facts.ok() && *facts == listed->second;
    }
    const absl::string_view known = marker_.has_value() ? WithoutTemporarySuffix(name) : name;
    return known == kMarkerName || IsFileOf(*kind_, known);
  }

 private:
  const std::string& folder_;
  std::optional<OutputMarker> marker_;
  std::optional<OutputKind> kind_;
};

bool IsWhole(OutputKind kind) { return kind == OutputKind::kModel || kind == OutputKind::kCritic; }

}  // namespace

std::string FolderContents::ForeignNames() const {
  const size_t shown = std::min(foreign.size(), kMaxNames);
  std::string names = absl::StrJoin(foreign.begin(), foreign.begin() + shown, ", ");
  if (shown < foreign.size()) absl::StrAppend(&names, " and ", foreign.size() - shown, " more");
  return names;
}

absl::StatusOr<FolderContents> ExamineFolder(const std::string& folder, OutputKind kind) {
  STROBE_ASSIGN_OR_RETURN(const std::vector<Entry> entries, EntriesOf(folder));
  const Ownership ownership(folder, kind);
  FolderContents contents;
  contents.kind = ownership.kind();
  contents.complete = ownership.complete();
  const bool whole = contents.ours() && IsWhole(*contents.kind);
  std::set<std::string> holders;  // of files that are ours
  for (const Entry& entry : entries) {
    if (entry.is_folder) continue;
    if (!whole || !entry.is_file || !ownership.Owns(entry.name)) {
      contents.foreign.push_back(entry.name);
      continue;
    }
    contents.files.push_back(entry.name);
    for (fs::path at = fs::path(entry.name).parent_path(); !at.empty(); at = at.parent_path()) {
      holders.insert(at.string());
    }
  }
  // A folder that a cut off writer left empty is its own as well.
  const bool started = whole && !contents.complete;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (!entry->is_folder) continue;
    const bool ours = holders.count(entry->name) > 0 || started;
    (ours ? contents.folders : contents.foreign).push_back(entry->name);
  }
  std::sort(contents.foreign.begin(), contents.foreign.end());
  return contents;
}

absl::Status RemoveOurs(const std::string& folder, OutputKind kind) {
  std::error_code error;
  if (!fs::exists(folder, error)) return absl::OkStatus();
  STROBE_ASSIGN_OR_RETURN(FolderContents contents, ExamineFolder(folder, kind));
  // The marker goes last: what is left without it could no longer be known.
  std::stable_partition(contents.files.begin(), contents.files.end(),
                        [](const std::string& name) { return name != kMarkerName; });
  const bool keeps_marker = !contents.foreign.empty();
  for (const std::string& name : contents.files) {
    if (name == kMarkerName && keeps_marker) continue;
    if (!fs::remove(fs::path(folder) / name, error) && error) {
      return absl::ErrnoToStatus(error.value(), absl::StrCat(folder, "/", name));
    }
  }
  // rmdir refuses a folder that is not empty.
  for (const std::string& name : contents.folders) fs::remove(fs::path(folder) / name, error);
  if (keeps_marker) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, ": kept, for it holds what strobe did not write: ", contents.ForeignNames(),
        "; move it elsewhere and remove the folder"));
  }
  fs::remove(folder, error);
  return error ? absl::ErrnoToStatus(error.value(), folder) : absl::OkStatus();
}

absl::StatusOr<OutputMarker> MarkerOf(const std::string& folder, OutputKind kind) {
  STROBE_ASSIGN_OR_RETURN(const std::vector<Entry> entries, EntriesOf(folder));
  OutputMarker marker;
  marker.kind = kind;
  marker.complete = true;
  for (const Entry& entry : entries) {
    if (!entry.is_file || entry.name == kMarkerName) continue;
    if (!IsFileOf(kind, entry.name)) {
      return absl::InternalError(
          absl::StrCat(folder, ": ", entry.name, " is no file of a ", OutputKindName(kind)));
    }
    STROBE_ASSIGN_OR_RETURN(marker.files[entry.name],
                            FactsOf(absl::StrCat(folder, "/", entry.name)));
  }
  return marker;
}

}  // namespace strobe::model
