#include "model/weights/weights_fingerprint.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>

#include "absl/strings/str_format.h"
#include "base/fnv1a.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kWholeBytes = int64_t{1} << 20;  // at the start of a file
constexpr int64_t kBlockBytes = 4096;
constexpr int64_t kBlocks = 64;

void AddBytes(std::ifstream& file, int64_t begin, int64_t count, uint64_t& hash) {
  std::string bytes(static_cast<size_t>(count), '\0');
  file.seekg(begin);
  file.read(bytes.data(), count);
  hash = Fnv1a(bytes, hash);
}

void AddFile(const fs::path& path, uint64_t& hash) {
  std::error_code error;
  const auto size = static_cast<int64_t>(fs::file_size(path, error));
  std::ifstream file(path, std::ios::binary);
  if (error || !file) return;
  hash = Fnv1a(absl::StrFormat("%s %d\n", path.filename().string(), size), hash);
  const int64_t whole = std::min(size, kWholeBytes);
  AddBytes(file, 0, whole, hash);
  const int64_t rest = size - whole;
  const int64_t stride = std::max(kBlockBytes, rest / kBlocks);
  for (int64_t begin = whole; begin < size; begin += stride) {
    AddBytes(file, begin, std::min(kBlockBytes, size - begin), hash);
  }
}

}  // namespace

std::string WeightsFingerprint(absl::Span<const std::string> paths) {
  uint64_t hash = kFnv1aBasis;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      AddFile(path, hash);
      continue;
    }
    std::set<fs::path> files;
    for (const auto& entry : fs::directory_iterator(path, error)) {
      if (entry.path().extension() == ".safetensors") files.insert(entry.path());
    }
    for (const fs::path& file : files) AddFile(file, hash);
  }
  return absl::StrFormat("%016x", hash);
}

}  // namespace strobe::model
