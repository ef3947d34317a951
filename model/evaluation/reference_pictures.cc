#include "model/evaluation/reference_pictures.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>

#include "base/status_macros.h"

namespace strobe::model {
namespace {

constexpr int kReadAtOnce = 100;

}  // namespace

absl::StatusOr<ReferencePictures> ReferencePictures::Create(const Benchmark& benchmark,
                                                            const PictureCritic& critic) {
  const at::NoGradGuard no_grad;
  const int count = benchmark.num_references();
  PatchProjections projections;
  std::vector<at::Tensor> features;
  for (int first = 0; first < count; first += kReadAtOnce) {
    std::vector<at::Tensor> pictures;
    for (int i = first; i < std::min(first + kReadAtOnce, count); ++i) {
      STROBE_ASSIGN_OR_RETURN(at::Tensor picture, benchmark.ReferencePicture(i));
      pictures.push_back(std::move(picture));
    }
    const at::Tensor batch = at::stack(pictures);
    features.push_back(critic.Features(batch));
    projections.Add(batch);
  }
  ReferencePictures references;
  references.features_ = at::cat(features);
  references.frechet_.emplace(MomentsOf(references.features_));
  references.discrepancy_.emplace(references.features_);
  references.patches_.emplace(projections);
  return references;
}

}  // namespace strobe::model
