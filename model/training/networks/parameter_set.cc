#include "model/training/networks/parameter_set.h"

namespace strobe::model {

void ParameterSet::Add(const StateDict& tensors) {
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.is_floating_point()) continue;
    tensors_[name] = tensor.detach()
                         .to(device_, at::kFloat, /*non_blocking=*/false, /*copy=*/true)
                         .set_requires_grad(true);
  }
}

StateDictLoader ParameterSet::Loader(const std::string& component,
                                     const ParameterInitializer& initializer) {
  StateDictLoader::Options options;
  options.device = device_;
  if (initializer) {
    options.create = [this, initializer](const std::string& name, at::IntArrayRef shape) {
      Add({{name, initializer(name, shape)}});
      return tensors_.at(name);
    };
  }
  return StateDictLoader(component, tensors_, options);
}

StateDict ParameterSet::Snapshot() const {
  StateDict copies;
  for (const auto& [name, tensor] : tensors_) {
    copies[name] = tensor.detach().to(at::kCPU, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  }
  return copies;
}

void ParameterSet::SetTrainable(bool trainable) {
  for (auto& [name, tensor] : tensors_) tensor.set_requires_grad(trainable);
}

void ParameterSet::ClearGradients() {
  for (auto& [name, tensor] : tensors_) tensor.mutable_grad() = at::Tensor();
}

int64_t ParameterSet::NumElements() const {
  int64_t count = 0;
  for (const auto& [name, tensor] : tensors_) count += tensor.numel();
  return count;
}

}  // namespace strobe::model
