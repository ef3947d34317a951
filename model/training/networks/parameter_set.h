// The trainable tensors of a network, by diffusers' key names.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_PARAMETER_SET_H_
#define STROBE_MODEL_TRAINING_NETWORKS_PARAMETER_SET_H_

#include <cstdint>
#include <functional>
#include <string>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include "model/weights/state_dict_loader.h"

namespace strobe::model {

// Makes the first value of the parameter `name`, float32 of `shape`.
using ParameterInitializer =
    std::function<at::Tensor(const std::string& name, at::IntArrayRef shape)>;

// Owns float32 leaf tensors on one device and hands them, uncopied, to the modules that serve: what
// a module computes then has gradients with respect to this set, and an update in place is seen by
// every module built from it. Not copyable, because copies would share the tensors. Not
// thread-safe.
class ParameterSet {
 public:
  explicit ParameterSet(at::Device device = at::kCPU) : device_(device) {}
  ParameterSet(const ParameterSet&) = delete;
  ParameterSet& operator=(const ParameterSet&) = delete;

  // Adds float32 copies of `tensors` that want gradients; what is not floating-point has no place
  // here and is left out. Replaces what had the same name.
  void Add(const StateDict& tensors);

  // A loader over this set. With an initializer, a tensor that a module takes and this set lacks is
  // made and added; without, it is an error of the loader's Finish. Must not outlive this set.
  StateDictLoader Loader(const std::string& component, const ParameterInitializer& initializer);

  // Copies on the CPU that want no gradient.
  StateDict Snapshot() const;

  // Frozen tensors get no gradient.
  void SetTrainable(bool trainable);

  void ClearGradients();

  at::Device device() const { return device_; }
  const StateDict& tensors() const { return tensors_; }
  int64_t NumElements() const;

 private:
  at::Device device_;
  StateDict tensors_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_PARAMETER_SET_H_
