// Hands tensors of a checkpoint to the modules that need them, and notes which were used.

#ifndef STROBE_MODEL_WEIGHTS_STATE_DICT_LOADER_H_
#define STROBE_MODEL_WEIGHTS_STATE_DICT_LOADER_H_

#include <functional>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace strobe::model {

using StateDict = std::map<std::string, at::Tensor>;

// Modules take their tensors by name and expected shape while they are built; building never stops
// at the first mistake. `Finish` then reports every missing, mis-shaped and unexpected tensor in
// one error. A tensor that was refused is replaced by zeros of the expected shape, so that building
// can go on; the module must not be used unless `Finish` returned OK. Not thread-safe.
class StateDictLoader {
 public:
  struct Options {
    at::Device device = at::kCPU;
    at::ScalarType dtype = at::kFloat;  // floating-point tensors are converted to it
    // Nothing will be trained: layers may keep the weights as their kernels like them best.
    bool for_inference = false;
    // Changes a tensor of the right shape before it is converted (LoRA); empty: nothing does.
    std::function<absl::StatusOr<at::Tensor>(const std::string& name, const at::Tensor&)> adapt;
    // Makes a tensor that is missing, which then is no error: for networks that start from nothing.
    std::function<at::Tensor(const std::string& name, at::IntArrayRef shape)> create;
  };

  // `component` ("unet", "text_encoder", ...) starts every error.
  StateDictLoader(std::string component, StateDict tensors, const Options& options);

  // The tensor `name` with exactly `shape`, on the device and in the dtype of the options: the
  // checkpoint's own memory where nothing had to change, and otherwise a copy, whose source is
  // paged out, so that a load does not hold both.
  at::Tensor Take(const std::string& name, std::initializer_list<int64_t> shape);
  bool Contains(const std::string& name) const;
  bool for_inference() const { return options_.for_inference; }

  // Tensors whose names start with `prefix` may stay unused (a VAE's encoder, say).
  void Ignore(const std::string& prefix);

  absl::Status Finish() const;

  // Gives the memory of a mapped weight back to the system, for layers that keep a copy; its bytes
  // stay readable. Advice alone: it may have no effect.
  static void PageOut(const at::Tensor& tensor);

 private:
  absl::StatusOr<at::Tensor> Convert(const std::string& name, const at::Tensor& tensor) const;

  std::string component_;
  StateDict tensors_;
  Options options_;
  std::set<std::string> taken_;
  std::vector<std::string> ignored_prefixes_;
  std::vector<std::string> problems_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_WEIGHTS_STATE_DICT_LOADER_H_
