#include "model/weights/safetensors_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <utility>
#include <vector>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
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

absl::Status WriteAll(std::FILE* file, const std::string& header,
                      const std::vector<NamedTensor>& tensors) {
  bool ok = std::fwrite(header.data(), 1, header.size(), file) == header.size();
  for (const auto& [name, tensor] : tensors) {
    if (tensor.nbytes() == 0) continue;
    ok = ok && std::fwrite(tensor.const_data_ptr(), 1, tensor.nbytes(), file) == tensor.nbytes();
  }
  if (!ok || std::fflush(file) != 0 || fsync(fileno(file)) != 0) {
    return absl::ErrnoToStatus(errno, "write failed");
  }
  return absl::OkStatus();
}

absl::Status WriteAndRename(const std::string& path, const std::string& header,
                            const std::vector<NamedTensor>& tensors) {
  const std::string temporary = absl::StrCat(path, ".tmp.", getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return absl::ErrnoToStatus(errno, "cannot create");
  absl::Cleanup remove_temporary = [&temporary] { unlink(temporary.c_str()); };
  absl::Status status = WriteAll(file, header, tensors);
  if (std::fclose(file) != 0 && status.ok()) status = absl::ErrnoToStatus(errno, "close failed");
  if (!status.ok()) return status;
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, "cannot rename");
  }
  std::move(remove_temporary).Cancel();
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteSafetensors(const std::string& path, const StateDict& tensors,
                              const std::map<std::string, std::string>& metadata) {
  absl::Status status;
  try {
    const std::vector<NamedTensor> ordered = InFileOrder(tensors);
    const absl::StatusOr<std::string> header = MakeHeader(ordered, metadata);
    status = header.ok() ? WriteAndRename(path, *header, ordered) : header.status();
  } catch (const std::exception& e) {
    status = absl::InternalError(e.what());
  }
  return absl::Status(status.code(), status.ok() ? "" : absl::StrCat(path, ": ", status.message()));
}

}  // namespace strobe::model
