#include "model/weights/safetensors_writer.h"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/weights/safetensors_dtype.h"

namespace strobe::model {
namespace {

using NamedTensor = std::pair<std::string, at::Tensor>;

// Contiguous on the CPU; larger elements first, then by name, so that every tensor is aligned.
std::vector<NamedTensor> InFileOrder(const StateDict& tensors) {
  std::vector<NamedTensor> ordered;
  for (const auto& [name, tensor] : tensors) {
    ordered.emplace_back(name, tensor.detach().to(at::kCPU).contiguous());
  }
  std::stable_sort(ordered.begin(), ordered.end(), [](const NamedTensor& a, const NamedTensor& b) {
    return a.second.element_size() > b.second.element_size();
  });
  return ordered;
}

// The length and the JSON, padded with spaces so that the data begins at a multiple of 8.
absl::StatusOr<std::string> MakeHeader(const std::vector<NamedTensor>& tensors,
                                       const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  header["__metadata__"] = metadata;
  header["__metadata__"]["format"] = "pt";
  uint64_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::string dtype = SafetensorsDtypeOf(tensor.scalar_type());
    if (dtype.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("'", name, "' has the type ",
                                                     c10::toString(tensor.scalar_type()),
                                                     ", which safetensors lacks"));
    }
    const uint64_t end = position + tensor.nbytes();
    header[name] = {
        {"dtype", dtype}, {"shape", tensor.sizes().vec()}, {"data_offsets", {position, end}}};
    position = end;
  }
  std::string json = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  json.resize((json.size() + 7) / 8 * 8, ' ');
  std::string length;
  for (int shift = 0; shift < 64; shift += 8) {
    length.push_back(static_cast<char>(static_cast<uint64_t>(json.size()) >> shift));
  }
  return length + json;
}

absl::Status WriteAll(const std::string& path, const std::string& header,
                      const std::vector<NamedTensor>& tensors) {
  STROBE_ASSIGN_OR_RETURN(FileReplacement file, FileReplacement::Begin(path));
  STROBE_RETURN_IF_ERROR(file.Append(header));
  for (const auto& [name, tensor] : tensors) {
    if (tensor.nbytes() == 0) continue;
    STROBE_RETURN_IF_ERROR(
        file.Append({static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()}));
  }
  return file.Commit();
}

}  // namespace

absl::Status WriteSafetensors(const std::string& path, const StateDict& tensors,
                              const std::map<std::string, std::string>& metadata) {
  try {
    const std::vector<NamedTensor> ordered = InFileOrder(tensors);
    const absl::StatusOr<std::string> header = MakeHeader(ordered, metadata);
    if (header.ok()) return WriteAll(path, *header, ordered);
    return absl::Status(header.status().code(),
                        absl::StrCat(path, ": ", header.status().message()));
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat(path, ": ", e.what()));
  }
}

}  // namespace strobe::model
