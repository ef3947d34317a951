#include "server/security/secret_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace strobe::server {
namespace {

constexpr std::streamsize kMaxBytes = 1 << 20;

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path, ": ", strerror(errno)));
  std::string content(kMaxBytes + 1, '\0');
  file.read(content.data(), kMaxBytes + 1);
  if (file.bad() || file.gcount() > kMaxBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot use ", path, ": not a file of at most 1 MiB"));
  }
  content.resize(file.gcount());
  return content;
}

}  // namespace strobe::server
