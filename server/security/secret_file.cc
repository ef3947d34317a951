#include "server/security/secret_file.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/file_io.h"

namespace strobe::server {
namespace {

constexpr uint64_t kMaxBytes = 1 << 20;

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  absl::StatusOr<std::string> content = ReadFile(path, kMaxBytes);
  if (content.ok()) return content;
  // A folder, or too much.
  if (absl::IsFailedPrecondition(content.status()) || absl::IsResourceExhausted(content.status())) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot use ", path, ": not a file of at most 1 MiB"));
  }
  return absl::NotFoundError(absl::StrCat("cannot read ", content.status().message()));
}

}  // namespace strobe::server
