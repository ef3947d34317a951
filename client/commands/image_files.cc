#include "client/commands/image_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "model/spec/image_format.h"

namespace strobe::client {
namespace {

constexpr size_t kLongestSlug = 48;
constexpr int kMostCopies = 100000;

absl::Status FileError(absl::string_view action, const std::string& path, int error) {
  return absl::UnavailableError(absl::StrCat("cannot ", action, " ", path, ": ", strerror(error)));
}

// 0, or the errno of what failed.
int WriteAll(int fd, absl::string_view data) {
  while (!data.empty()) {
    const ssize_t written = write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    data.remove_prefix(static_cast<size_t>(written));
  }
  return 0;
}

}  // namespace

std::string Slug(absl::string_view prompt) {
  std::string slug;
  for (const char c : prompt) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte)) {
      slug.push_back(absl::ascii_tolower(byte));
    } else if (!slug.empty() && slug.back() != '-') {
      slug.push_back('-');
    }
    if (slug.size() == kLongestSlug) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.empty() ? "image" : slug;
}

std::string ExtensionFor(absl::string_view mime_type) {
  const auto format = model::ImageFormatOfMimeType(mime_type);
  return format.has_value() ? std::string(model::FileExtension(*format)) : "bin";
}

absl::StatusOr<std::string> SaveNewFile(const std::string& directory, const std::string& stem,
                                        const std::string& extension, absl::string_view data) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return FileError("make the directory", directory, error.value());
  for (int copy = 1; copy <= kMostCopies; ++copy) {
    const std::string name = copy == 1 ? absl::StrCat(stem, ".", extension)
                                       : absl::StrCat(stem, "-", copy, ".", extension);
    const std::string path = (std::filesystem::path(directory) / name).string();
    const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 && errno == EEXIST) continue;
    if (fd < 0) return FileError("create", path, errno);
    int failure = WriteAll(fd, data);
    if (close(fd) != 0 && failure == 0) failure = errno;
    if (failure == 0) return path;
    unlink(path.c_str());
    return FileError("write", path, failure);
  }
  return absl::UnavailableError(absl::StrCat("too many files named like ", stem));
}

}  // namespace strobe::client
