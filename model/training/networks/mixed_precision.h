// Networks that compute in bfloat16 over float32 weights.

#ifndef STROBE_MODEL_TRAINING_NETWORKS_MIXED_PRECISION_H_
#define STROBE_MODEL_TRAINING_NETWORKS_MIXED_PRECISION_H_

#include <string>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::model {

// What the networks of a run compute in; weights, gradients and moments are always float32.
enum class Precision { kFloat32, kBFloat16 };

// "float32" or "bfloat16"; INVALID_ARGUMENT names the choices.
absl::StatusOr<Precision> ParsePrecision(absl::string_view name);

// While it lives, convolutions, products of matrices and attention of this thread take their
// operands as bfloat16 and give bfloat16 (autocast); gradients arrive in float32 at the weights.
// kFloat32 turns that off, also within another one. Wrap forward calls only, not backward passes.
class Autocast {
 public:
  Autocast(Precision precision, at::DeviceType device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  at::DeviceType device_;
  bool was_enabled_;
  bool was_cached_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_NETWORKS_MIXED_PRECISION_H_
