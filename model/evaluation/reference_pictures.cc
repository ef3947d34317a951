#include "model/evaluation/reference_pictures.h"

#include <algorithm>
#include <vector>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include "model/scenes/scene_renderer.h"

namespace strobe::model {
namespace {

constexpr int kDrawnAtOnce = 100;

}  // namespace

at::Tensor RenderPicture(const Scene& scene) {
  const at::Tensor picture = at::empty({3, kReferenceSize, kReferenceSize}, at::kFloat);
  RenderSceneFloat(scene, kReferenceSize,
                   absl::MakeSpan(picture.data_ptr<float>(), static_cast<size_t>(picture.numel())));
  return picture;
}

ReferencePictures::ReferencePictures(const PromptSet& set, int count, const PictureCritic& critic) {
  const at::NoGradGuard no_grad;
  PatchProjections projections;
  std::vector<at::Tensor> features;
  for (int first = 0; first < count; first += kDrawnAtOnce) {
    std::vector<at::Tensor> pictures;
    for (int i = first; i < std::min(first + kDrawnAtOnce, count); ++i) {
      pictures.push_back(RenderPicture(ReferenceScene(set, i)));
    }
    const at::Tensor batch = at::stack(pictures);
    features.push_back(critic.Features(batch));
    projections.Add(batch);
  }
  features_ = at::cat(features);
  frechet_.emplace(MomentsOf(features_));
  discrepancy_.emplace(features_);
  patches_.emplace(projections);
}

}  // namespace strobe::model
