#include "model/weights/state_dict_loader.h"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

#include <sys/mman.h>
#include <unistd.h>

#include <ATen/ops/zeros.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

// More than SDXL's UNet has: every problem of a real model is named.
constexpr std::size_t kMaxNamedProblems = 4000;

std::string ShapeString(at::IntArrayRef shape) {
  return absl::StrCat("[", absl::StrJoin(shape, ", "), "]");
}

}  // namespace

StateDictLoader::StateDictLoader(std::string component, StateDict tensors, const Options& options)
    : component_(std::move(component)), tensors_(std::move(tensors)), options_(options) {}

at::Tensor StateDictLoader::Take(const std::string& name, std::initializer_list<int64_t> shape) {
  const at::IntArrayRef expected(shape);
  const auto found = tensors_.find(name);
  taken_.insert(name);
  if (found == tensors_.end() && options_.create) return options_.create(name, expected);
  if (found == tensors_.end()) {
    problems_.push_back(absl::StrCat("'", name, "' ", ShapeString(expected), " is missing"));
  } else if (found->second.sizes() != expected) {
    problems_.push_back(absl::StrCat("'", name, "' has shape ", ShapeString(found->second.sizes()),
                                     " where ", ShapeString(expected), " is expected"));
  } else {
    const absl::StatusOr<at::Tensor> converted = Convert(name, found->second);
    if (converted.ok()) return *converted;
    problems_.push_back(std::string(converted.status().message()));
  }
  // One element, expanded: the size that a config asks for is not yet to be trusted.
  const auto zero = at::zeros({}, at::TensorOptions().dtype(options_.dtype));
  return zero.expand(expected);
}

absl::StatusOr<at::Tensor> StateDictLoader::Convert(const std::string& name,
                                                    const at::Tensor& tensor) const {
  at::Tensor source = tensor;
  if (options_.adapt) {
    STROBE_ASSIGN_OR_RETURN(source, options_.adapt(name, tensor));
  }
  const at::ScalarType dtype = tensor.is_floating_point() ? options_.dtype : tensor.scalar_type();
  try {
    at::Tensor result = source.to(options_.device, dtype);
    if (!result.is_alias_of(tensor)) PageOut(tensor);
    return result;
  } catch (const std::exception& e) {
    return absl::InternalError(
        absl::StrCat("'", name, "' cannot be moved to the device: ", e.what()));
  }
}

bool StateDictLoader::Contains(const std::string& name) const { return tensors_.count(name) != 0; }

void StateDictLoader::Ignore(const std::string& prefix) { ignored_prefixes_.push_back(prefix); }

absl::Status StateDictLoader::Finish() const {
  std::vector<std::string> problems = problems_;
  for (const auto& [name, tensor] : tensors_) {
    const bool ignored =
        std::any_of(ignored_prefixes_.begin(), ignored_prefixes_.end(),
                    [&name = name](const std::string& p) { return absl::StartsWith(name, p); });
    if (taken_.count(name) != 0 || ignored) continue;
    problems.push_back(
        absl::StrCat("'", name, "' ", ShapeString(tensor.sizes()), " is unexpected"));
  }
  if (problems.empty()) return absl::OkStatus();
  const std::size_t unnamed =
      problems.size() > kMaxNamedProblems ? problems.size() - kMaxNamedProblems : 0;
  problems.resize(problems.size() - unnamed);
  if (unnamed > 0) problems.push_back(absl::StrCat("and ", unnamed, " more"));
  return absl::InvalidArgumentError(absl::StrCat(
      component_, ": the weights do not fit the config: ", absl::StrJoin(problems, "; ")));
}

void StateDictLoader::PageOut(const at::Tensor& tensor) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(tensor.const_data_ptr());
  const uintptr_t first = (begin + page - 1) / page * page;
  const uintptr_t last = (begin + tensor.nbytes()) / page * page;
  if (first < last) madvise(reinterpret_cast<void*>(first), last - first, MADV_PAGEOUT);
}

}  // namespace strobe::model
