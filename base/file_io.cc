#include "base/file_io.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 16;
constexpr mode_t kNewFileMode = 0666;  // less what the umask takes

absl::Status ErrorAt(const std::string& path, int number) {
  return absl::ErrnoToStatus(number, path);
}

absl::Status WriteAll(int descriptor, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return ErrorAt(path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// Opens a file of its own beside `path`. An existing one is never taken.
int OpenBeside(const std::string& path, mode_t mode, std::string& name) {
  for (int attempt = 0;; ++attempt) {
    name = absl::StrCat(path, ".tmp.", getpid(), ".", attempt);
    const int descriptor = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor >= 0 || errno != EEXIST) return descriptor;
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, uint64_t max_bytes) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ErrorAt(path, errno);
  const absl::Cleanup close_file = [descriptor] { close(descriptor); };
  std::string content;
  while (true) {
    const size_t size = content.size();
    content.resize(size + kChunkBytes);
    const ssize_t count = read(descriptor, content.data() + size, kChunkBytes);
    if (count < 0 && errno == EINTR) {
      content.resize(size);
      continue;
    }
    if (count < 0) return ErrorAt(path, errno);
    content.resize(size + static_cast<size_t>(count));
    if (count == 0) return content;
    if (content.size() > max_bytes) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": is larger than ", max_bytes, " bytes"));
    }
  }
}

absl::Status WriteFile(const std::string& path, absl::string_view bytes) {
  STROBE_ASSIGN_OR_RETURN(FileReplacement file, FileReplacement::Begin(path));
  STROBE_RETURN_IF_ERROR(file.Append(bytes));
  return file.Commit();
}

absl::Status AppendToFile(const std::string& path, absl::string_view bytes) {
  const int descriptor =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kNewFileMode);
  if (descriptor < 0) return ErrorAt(path, errno);
  absl::Status status = WriteAll(descriptor, bytes, path);
  if (close(descriptor) != 0 && status.ok()) status = ErrorAt(path, errno);
  return status;
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? ErrorAt(path, error.value()) : absl::OkStatus();
}

absl::Status SyncFolder(const std::string& path) {
  const int descriptor = open(path.empty() ? "." : path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return ErrorAt(path, errno);
  const absl::Cleanup close_folder = [descriptor] { close(descriptor); };
  // Some file systems cannot sync a folder and say EINVAL.
  if (fsync(descriptor) != 0 && errno != EINVAL) return ErrorAt(path, errno);
  return absl::OkStatus();
}

absl::StatusOr<FileReplacement> FileReplacement::Begin(const std::string& path) {
  struct stat there {};
  const bool exists = stat(path.c_str(), &there) == 0;
  if (exists && !S_ISREG(there.st_mode)) {
    const int descriptor = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return ErrorAt(path, errno);
    return FileReplacement(path, path, descriptor);
  }
  std::error_code error;
  const std::string target = exists ? fs::canonical(path, error).string() : path;
  if (error) return ErrorAt(path, error.value());
  std::string written;
  const int descriptor = OpenBeside(target, kNewFileMode, written);
  if (descriptor < 0) return ErrorAt(path, errno);
  FileReplacement file(target, written, descriptor);
  if (exists && fchmod(descriptor, there.st_mode & 07777) != 0) return ErrorAt(path, errno);
  return file;
}

FileReplacement::FileReplacement(std::string target, std::string written, int descriptor)
    : target_(std::move(target)), written_(std::move(written)), descriptor_(descriptor) {}

FileReplacement::FileReplacement(FileReplacement&& other) noexcept
    : target_(std::move(other.target_)),
      written_(std::move(other.written_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

FileReplacement::~FileReplacement() {
  if (descriptor_ < 0) return;
  close(descriptor_);
  if (written_ != target_) unlink(written_.c_str());
}

absl::Status FileReplacement::Append(absl::string_view bytes) {
  return WriteAll(descriptor_, bytes, target_);
}

absl::Status FileReplacement::Commit() {
  // Not every device can be synced: EINVAL of a pipe or a terminal is no error.
  if (fsync(descriptor_) != 0 && errno != EINVAL) return ErrorAt(target_, errno);
  if (written_ != target_ && std::rename(written_.c_str(), target_.c_str()) != 0) {
    return ErrorAt(target_, errno);
  }
  const int descriptor = std::exchange(descriptor_, -1);
  if (close(descriptor) != 0) return ErrorAt(target_, errno);
  if (written_ == target_) return absl::OkStatus();
  return SyncFolder(fs::path(target_).parent_path().string());
}

}  // namespace strobe
