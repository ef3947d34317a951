#include "model/weights/lora.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <system_error>

#include <ATen/ops/conv2d.h>
#include <ATen/ops/matmul.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "model/weights/component_weights.h"
#include "model/weights/lora_names.h"
#include "model/weights/lora_scaling.h"
#include "model/weights/safetensors_file.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNamed = 20;

std::string Join(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kMaxNamed);
  const std::string list = absl::StrJoin(names.begin(), names.begin() + shown, "; ");
  return shown == names.size() ? list : absl::StrCat(list, "; and ", names.size() - shown, " more");
}

// up * down as an update of a linear layer's or a convolution's weight.
at::Tensor Product(const at::Tensor& up, const at::Tensor& down) {
  const at::Tensor b = up.to(at::kFloat);
  const at::Tensor a = down.to(at::kFloat);
  if (a.dim() == 4 && b.dim() == 4 && (b.size(2) != 1 || b.size(3) != 1)) {
    return at::conv2d(a.permute({1, 0, 2, 3}), b).permute({1, 0, 2, 3});
  }
  std::vector<int64_t> shape = a.sizes().vec();
  shape[0] = b.size(0);
  return at::matmul(b.flatten(1), a.flatten(1)).view(shape);
}

std::string TextBeside(const fs::path& file, const char* name) {
  std::ifstream stream(file.parent_path() / name, std::ios::binary);
  std::ostringstream text;
  if (stream) text << stream.rdbuf();
  return text.str();
}

}  // namespace

// Reads one file into a LoraSet.
class LoraFileReader {
 public:
  LoraFileReader(const LoraReference& reference, int64_t layers_per_block, LoraSet& set)
      : reference_(reference), layers_per_block_(layers_per_block), set_(set) {}

  absl::Status Read() {
    fs::path path = reference_.path;
    std::error_code error;
    if (fs::is_directory(path, error)) {
      const fs::path diffusers = path / "pytorch_lora_weights.safetensors";
      path = fs::exists(diffusers, error) ? diffusers : path / "adapter_model.safetensors";
    }
    file_ = path.string();
    STROBE_RETURN_IF_ERROR(RefusePickle(file_));
    STROBE_ASSIGN_OR_RETURN(SafetensorsContents contents, ReadSafetensors(file_));
    Sort(contents.tensors);
    const auto scalings =
        ReadLoraScalings(contents.metadata, TextBeside(path, "adapter_config.json"));
    if (!scalings.ok()) {
      return absl::Status(scalings.status().code(),
                          absl::StrCat(file_, ": ", scalings.status().message()));
    }
    for (const auto& [module, parts] : parts_) AddUpdate(module, parts, *scalings);
    if (problems_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(file_, ": ", Join(problems_)));
  }

 private:
  struct Parts {
    at::Tensor down;
    at::Tensor up;
    std::optional<double> alpha;
  };

  void Sort(const StateDict& tensors) {
    for (const auto& [name, tensor] : tensors) {
      const std::optional<LoraTarget> target = ParseLoraName(name, layers_per_block_);
      const bool fits =
          target.has_value() && tensor.is_floating_point() &&
          (target->role == LoraRole::kAlpha ? tensor.numel() == 1 : tensor.dim() >= 2);
      if (!fits) {
        problems_.push_back(absl::StrCat("'", name, "' is no tensor of a LoRA that strobe knows"));
        continue;
      }
      Parts& parts = parts_[{target->component, target->module}];
      if (target->role == LoraRole::kDown) parts.down = tensor;
      if (target->role == LoraRole::kUp) parts.up = tensor;
      if (target->role == LoraRole::kAlpha) parts.alpha = tensor.item().toDouble();
    }
    for (const auto& [module, parts] : parts_) {
      if (parts.alpha.has_value()) ++alphas_[*parts.alpha];
    }
  }

  // diffusers gives a module without alpha the most common one of the file.
  double CommonAlpha(double rank) const {
    const auto most = std::max_element(
        alphas_.begin(), alphas_.end(),
        [](const auto& left, const auto& right) { return left.second < right.second; });
    return most == alphas_.end() ? rank : most->first;
  }

  void AddUpdate(const LoraSet::Module& module, const Parts& parts,
                 const std::map<std::string, LoraScaling>& scalings) {
    const std::string name = absl::StrCat(module.first, ".", module.second);
    if (!parts.down.defined() || !parts.up.defined()) {
      problems_.push_back(absl::StrCat("'", name, "' has no ",
                                       parts.down.defined() ? "up (lora_B)" : "down (lora_A)"));
      return;
    }
    const double rank = static_cast<double>(parts.down.size(0));
    if (parts.up.size(1) != parts.down.size(0)) {
      problems_.push_back(absl::StrCat("'", name, "' has an up of rank ", parts.up.size(1),
                                       " and a down of rank ", rank));
      return;
    }
    const auto scaling = scalings.find(module.first);
    const double own = scaling != scalings.end() && !parts.alpha.has_value()
                           ? scaling->second.ScaleOf(module.second, rank)
                           : parts.alpha.value_or(CommonAlpha(rank)) / rank;
    set_.updates_[module].push_back({file_, parts.down, parts.up, reference_.scale * own});
  }

  const LoraReference& reference_;
  const int64_t layers_per_block_;
  LoraSet& set_;
  std::string file_;
  std::map<LoraSet::Module, Parts> parts_;
  std::map<double, int> alphas_;  // how often each occurs
  std::vector<std::string> problems_;
};

absl::StatusOr<LoraSet> LoraSet::Read(const std::vector<LoraReference>& references,
                                      int64_t layers_per_block) {
  LoraSet set;
  for (const LoraReference& reference : references) {
    STROBE_RETURN_IF_ERROR(LoraFileReader(reference, layers_per_block, set).Read());
  }
  return set;
}

absl::StatusOr<at::Tensor> LoraSet::Fuse(const std::string& component, const std::string& name,
                                         const at::Tensor& weight) {
  absl::string_view module = name;
  if (!absl::ConsumeSuffix(&module, ".weight")) return weight;
  const Module key = {component, LoraModuleName(module)};
  const auto found = updates_.find(key);
  if (found == updates_.end()) return weight;
  used_.insert(key);
  at::Tensor fused = weight.to(at::kFloat);
  for (const Update& update : found->second) {
    at::Tensor product = Product(update.up, update.down);
    // A 1x1 convolution and a linear layer say the same in different shapes.
    if (product.numel() == weight.numel() && product.size(0) == weight.size(0)) {
      product = product.reshape(weight.sizes());
    }
    if (product.sizes() != weight.sizes()) {
      return absl::InvalidArgumentError(
          absl::StrCat(update.file, ": the update of '", component, ".", name, "' has shape [",
                       absl::StrJoin(product.sizes(), ", "), "], the weight [",
                       absl::StrJoin(weight.sizes(), ", "), "]"));
    }
    fused = fused.add(product, update.scale);
  }
  return fused;
}

absl::Status LoraSet::CheckAllUsed() const {
  std::vector<std::string> unused;
  for (const auto& [module, updates] : updates_) {
    if (used_.count(module) > 0) continue;
    unused.push_back(
        absl::StrCat("'", module.first, ".", module.second, "' of ", updates.front().file));
  }
  if (unused.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("LoRA updates for modules that the model does not have: ", Join(unused)));
}

}  // namespace strobe::model
