#include "server/engine/torch_device.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/pipeline/torch_names.h"

namespace strobe::server {
namespace {

namespace fs = std::filesystem;

// What follows `name` and a colon in the file at `path`; "unknown" if nothing does.
std::string ReadField(const fs::path& path, absl::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (absl::StartsWith(line, name) && colon != std::string::npos) {
      return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
    }
  }
  return "unknown";
}

}  // namespace

absl::StatusOr<c10::Device> ParseDevice(absl::string_view name) {
  STROBE_ASSIGN_OR_RETURN(const model::DeviceName parsed, model::ParseDeviceName(name));
  if (!parsed.is_cuda) return model::TorchDeviceOf(parsed);
  if (!c10::impl::hasDeviceGuardImpl(c10::kCUDA)) {
    return absl::FailedPreconditionError(
        absl::StrCat("device '", name, "': this build has no CUDA support"));
  }
  const int count = c10::impl::VirtualGuardImpl(c10::kCUDA).deviceCount();
  if (parsed.index >= count) {
    return absl::FailedPreconditionError(
        absl::StrCat("device '", name, "': this machine has ", count, " CUDA devices"));
  }
  return model::TorchDeviceOf(parsed);
}

void FreeUnusedMemory(c10::Device device) {
  if (device.is_cpu()) return;
  c10::getDeviceAllocator(device.type())->emptyCache();
}

DeviceMemory QueryDeviceMemory(c10::Device device) {
  if (device.is_cpu()) return {};
  const c10::CachingDeviceAllocator::DeviceStats stats =
      c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  return {stats.allocated_bytes[0].current, stats.reserved_bytes[0].current};
}

std::string HardwareName(c10::Device device) {
  if (device.is_cpu()) return ReadField("/proc/cpuinfo", "model name");
  std::set<fs::path> gpus;  // by PCI address, which is how the driver numbers equal ones
  std::error_code error;
  for (const auto& gpu : fs::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    gpus.insert(gpu.path());
  }
  if (device.index() < 0 || device.index() >= static_cast<int>(gpus.size())) return "unknown";
  return ReadField(*std::next(gpus.begin(), device.index()) / "information", "Model");
}

std::string CudaVersion() {
  if (!c10::impl::hasDeviceGuardImpl(c10::kCUDA)) return "none";
  const int64_t version = at::detail::getCUDAHooks().versionCUDART();
  return absl::StrCat(version / 1000, ".", version % 1000 / 10);
}

}  // namespace strobe::server
