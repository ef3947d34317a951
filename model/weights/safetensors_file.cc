#include "model/weights/safetensors_file.h"

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/mapped_file.h"
#include "model/weights/safetensors_dtype.h"
#include "model/weights/safetensors_header.h"

namespace strobe::model {
namespace {

// A view of `entry`'s bytes in `file`, or a copy where a view cannot be.
at::Tensor MakeTensor(const SafetensorsEntry& entry, at::ScalarType type, uint64_t data_begin,
                      const std::shared_ptr<MappedFile>& file) {
  if (entry.begin == entry.end) return at::empty(entry.shape, type);
  char* data = file->data() + data_begin + entry.begin;
  // A byte of BOOL may hold any value in a file, but only 0 and 1 in a tensor.
  if (type == at::kBool) return at::from_blob(data, entry.shape, at::kByte).ne(0);
  if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(type) != 0) {
    const auto size = static_cast<int64_t>(entry.end - entry.begin);
    at::Tensor copy = at::from_blob(data, {size}, at::kByte).clone();
    return copy.view(type).view(entry.shape);
  }
  return at::from_blob(
      data, entry.shape, [file](void*) {}, type);
}

absl::StatusOr<SafetensorsContents> MakeTensors(const SafetensorsHeader& header,
                                                const std::shared_ptr<MappedFile>& file) {
  SafetensorsContents contents;
  contents.metadata = header.metadata;
  for (const SafetensorsEntry& entry : header.entries) {
    const std::optional<at::ScalarType> type = ScalarTypeOfSafetensors(entry.dtype);
    if (!type.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", entry.name, "' has the dtype ", entry.dtype, ", which LibTorch lacks"));
    }
    try {
      contents.tensors[entry.name] = MakeTensor(entry, *type, header.data_begin, file);
    } catch (const std::exception& e) {
      return absl::InvalidArgumentError(absl::StrCat("'", entry.name, "': ", e.what()));
    }
  }
  return contents;
}

}  // namespace

absl::StatusOr<SafetensorsContents> ReadSafetensors(const std::string& path) {
  STROBE_ASSIGN_OR_RETURN(std::shared_ptr<MappedFile> file, MappedFile::Open(path));
  const auto annotated = [&path](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  };
  absl::StatusOr<SafetensorsHeader> header = ParseSafetensorsHeader(file->bytes());
  if (!header.ok()) return annotated(header.status());
  absl::StatusOr<SafetensorsContents> contents = MakeTensors(*header, file);
  if (!contents.ok()) return annotated(contents.status());
  return contents;
}

}  // namespace strobe::model
