#include "model/pipeline/torch_call.h"

#include <exception>
#include <new>
#include <string>

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

#ifdef STROBE_CUDA
constexpr bool kBuiltWithCuda = true;
#else
constexpr bool kBuiltWithCuda = false;
#endif

}  // namespace

absl::Status CallTorch(absl::string_view stage, const std::function<absl::Status()>& call) {
  try {
    const c10::InferenceMode inference;
    return call();
  } catch (const c10::OutOfMemoryError& error) {
    return absl::ResourceExhaustedError(
        absl::StrCat(stage, ": out of device memory: ", error.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError(absl::StrCat(stage, ": out of memory"));
  } catch (const c10::Error& error) {
    return absl::InternalError(absl::StrCat(stage, ": ", error.what_without_backtrace()));
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(stage, ": ", error.what()));
  }
}

void SynchronizeDevice(const at::Device& device) {
  if (device.is_cpu()) return;
  c10::impl::VirtualGuardImpl(device.type()).getStream(device).synchronize();
}

absl::Status CheckDevice(const at::Device& device) {
  if (device.is_cpu()) return absl::OkStatus();
  if (!device.is_cuda()) {
    return absl::InvalidArgumentError(
        absl::StrCat("device ", device.str(), ": use cpu or cuda:<index>"));
  }
  if (!kBuiltWithCuda) {
    return absl::InvalidArgumentError(
        absl::StrCat("device ", device.str(),
                     ": this build has no CUDA support (configure with -DSTROBE_CUDA=ON)"));
  }
  int count = 0;
  const absl::Status counted = CallTorch("counting CUDA devices", [&count] {
    count = at::detail::getCUDAHooks().deviceCount();
    return absl::OkStatus();
  });
  if (!counted.ok()) return counted;
  if (device.has_index() ? device.index() < count : count > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("device ", device.str(), ": this machine has ", count, " usable CUDA devices"));
}

}  // namespace strobe::model
