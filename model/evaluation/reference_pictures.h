// The true pictures that models are compared with.

#ifndef STROBE_MODEL_EVALUATION_REFERENCE_PICTURES_H_
#define STROBE_MODEL_EVALUATION_REFERENCE_PICTURES_H_

#include <optional>

#include <ATen/core/Tensor.h>

#include "absl/status/statusor.h"
#include "model/evaluation/benchmark.h"
#include "model/evaluation/picture_critic.h"
#include "model/evaluation/statistics/frechet_distance.h"
#include "model/evaluation/statistics/kernel_discrepancy.h"
#include "model/evaluation/statistics/sliced_wasserstein.h"

namespace strobe::model {

// Features and patches of a benchmark's references, and the distances to them. Immutable.
class ReferencePictures {
 public:
  // Errors are those of the pictures.
  static absl::StatusOr<ReferencePictures> Create(const Benchmark& benchmark,
                                                  const PictureCritic& critic);

  const at::Tensor& features() const { return features_; }
  const FrechetReference& frechet() const { return *frechet_; }
  const KernelDiscrepancy& discrepancy() const { return *discrepancy_; }
  const SlicedWasserstein& patches() const { return *patches_; }

 private:
  at::Tensor features_;  // [count, D]
  std::optional<FrechetReference> frechet_;
  std::optional<KernelDiscrepancy> discrepancy_;
  std::optional<SlicedWasserstein> patches_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_EVALUATION_REFERENCE_PICTURES_H_
