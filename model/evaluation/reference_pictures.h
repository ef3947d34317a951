// The true pictures that models are compared with.

#ifndef STROBE_MODEL_EVALUATION_REFERENCE_PICTURES_H_
#define STROBE_MODEL_EVALUATION_REFERENCE_PICTURES_H_

#include <optional>

#include <ATen/core/Tensor.h>

#include "model/evaluation/report/evaluation_prompts.h"
#include "model/evaluation/picture_critic.h"
#include "model/evaluation/statistics/frechet_distance.h"
#include "model/evaluation/statistics/kernel_discrepancy.h"
#include "model/evaluation/statistics/sliced_wasserstein.h"

namespace strobe::model {

// Their side in pixels. Pictures of other sizes are brought to it before they are compared.
inline constexpr int kReferenceSize = 64;

// Float32 [3, 64, 64] in 0..1.
at::Tensor RenderPicture(const Scene& scene);

// Features and patches of `count` scenes of a prompt set, and the distances to them. Immutable.
class ReferencePictures {
 public:
  // `count` >= 8.
  ReferencePictures(const PromptSet& set, int count, const PictureCritic& critic);

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
