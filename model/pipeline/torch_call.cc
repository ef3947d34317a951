#include "model/pipeline/torch_call.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <string>

#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

#ifdef STROBE_CUDA
constexpr bool kBuiltWithCuda = true;
#else
constexpr bool kBuiltWithCuda = false;
#endif

constexpr int kCudaErrorMemoryAllocation = 2;

// How libraries under LibTorch say that memory ran out, in errors of no type of their own.
constexpr absl::string_view kOutOfMemoryWords[] = {
    "DefaultCPUAllocator: can't allocate memory", "DefaultCPUAllocator: not enough memory",
    "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "CUDA out of memory"};

bool SaysOutOfMemory(absl::string_view message) {
  return std::any_of(
      std::begin(kOutOfMemoryWords), std::end(kOutOfMemoryWords),
      [message](absl::string_view words) { return absl::StrContains(message, words); });
}

absl::Status OutOfMemory(absl::string_view stage, absl::string_view detail) {
  return absl::ResourceExhaustedError(absl::StrCat(stage, ": out of memory: ", detail));
}

}  // namespace

bool LosesDevice(int cuda_error) {
  constexpr int kErrors[] = {
      46,   // cudaErrorDevicesUnavailable
      214,  // cudaErrorECCUncorrectable
      220,  // cudaErrorNvlinkUncorrectable
      226,  // cudaErrorContained
      700,  // cudaErrorIllegalAddress
      702,  // cudaErrorLaunchTimeout
      709,  // cudaErrorContextIsDestroyed
      710,  // cudaErrorAssert
      714,  // cudaErrorHardwareStackError
      715,  // cudaErrorIllegalInstruction
      716,  // cudaErrorMisalignedAddress
      717,  // cudaErrorInvalidAddressSpace
      718,  // cudaErrorInvalidPc
      719,  // cudaErrorLaunchFailure
      721,  // cudaErrorTensorMemoryLeak
      999,  // cudaErrorUnknown
  };
  return std::find(std::begin(kErrors), std::end(kErrors), cuda_error) != std::end(kErrors);
}

absl::Status StatusOfException(absl::string_view stage) {
  try {
    throw;
  } catch (const c10::OutOfMemoryError& error) {
    return OutOfMemory(stage, error.what_without_backtrace());
  } catch (const std::bad_alloc& error) {
    return OutOfMemory(stage, error.what());
  } catch (const c10::AcceleratorError& error) {
    const absl::string_view message = error.what_without_backtrace();
    if (error.get_error_code() == kCudaErrorMemoryAllocation) return OutOfMemory(stage, message);
    if (!LosesDevice(error.get_error_code())) {
      return absl::InternalError(absl::StrCat(stage, ": ", message));
    }
    return absl::UnavailableError(
        absl::StrCat(stage, ": CUDA error ", error.get_error_code(), ": ", message));
  } catch (const c10::Error& error) {
    const absl::string_view message = error.what_without_backtrace();
    if (SaysOutOfMemory(message)) return OutOfMemory(stage, message);
    return absl::InternalError(absl::StrCat(stage, ": ", message));
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
  STROBE_RETURN_IF_ERROR(CallTorch("counting CUDA devices", [&count] {
    count = at::detail::getCUDAHooks().deviceCount();
    return absl::OkStatus();
  }));
  if (device.has_index() ? device.index() < count : count > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("device ", device.str(), ": this machine has ", count, " usable CUDA devices"));
}

}  // namespace strobe::model
