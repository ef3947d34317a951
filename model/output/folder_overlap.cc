#include "model/output/folder_overlap.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

bool IsSame(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return a == b || (fs::equivalent(a, b, error) && !error);
}

absl::string_view Relation(const std::string& folder, const std::string& other) {
  if (IsSame(folder, other)) return "is";
  if (LiesIn(folder, other)) return "lies in";
  return LiesIn(other, folder) ? "holds" : "";
}

}  // namespace

std::string ResolvedPath(const std::string& path) {
  std::error_code error;
  fs::path resolved = fs::weakly_canonical(fs::absolute(path), error);
  if (error) resolved = fs::absolute(path).lexically_normal();
  if (!resolved.has_filename() && resolved != resolved.root_path()) {
    resolved = resolved.parent_path();
  }
  return resolved.string();
}

bool LiesIn(const std::string& inner, const std::string& outer) {
  fs::path at = inner;
  while (!IsSame(at, outer)) {
    if (at == at.parent_path()) return false;
    at = at.parent_path();
  }
  return true;
}

absl::Status CheckApart(const NamedFolder& folder, absl::Span<const NamedFolder> others) {
  const std::string path = ResolvedPath(folder.path);
  for (const NamedFolder& other : others) {
    if (other.path.empty()) continue;
    const absl::string_view relation = Relation(path, ResolvedPath(other.path));
    if (relation.empty()) continue;
    return absl::FailedPreconditionError(absl::StrCat(folder.name, ": ", folder.path, " ", relation,
                                                      " ", other.name, ", ", other.path,
                                                      ": name a folder apart from it"));
  }
  return absl::OkStatus();
}

}  // namespace strobe::model
