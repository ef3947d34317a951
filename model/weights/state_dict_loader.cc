#include "model/weights/state_dict_loader.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <ATen/ops/zeros.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace strobe::model {
namespace {

// More than this in one error tells nothing new: the wrong file or the wrong config.
constexpr std::size_t kMaxNamedProblems = 20;

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
    const at::Tensor& tensor = found->second;
    const at::ScalarType dtype = tensor.is_floating_point() ? options_.dtype : tensor.scalar_type();
    try {
      return tensor.to(options_.device, dtype);
    } catch (const std::exception& e) {
      problems_.push_back(absl::StrCat("'", name, "' cannot be moved to the device: ", e.what()));
    }
  }
  // One element, expanded: the size that a config asks for is not yet to be trusted.
  const auto zero = at::zeros({}, at::TensorOptions().dtype(options_.dtype));
  return zero.expand(expected);
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

}  // namespace strobe::model
