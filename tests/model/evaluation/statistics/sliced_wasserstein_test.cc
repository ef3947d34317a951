#include "model/evaluation/statistics/sliced_wasserstein.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <gtest/gtest.h>

#include "model/evaluation/scene_benchmark.h"
#include "model/evaluation/statistics/laplacian_pyramid.h"
#include "model/sampling/seeded_noise.h"

namespace strobe::model {
namespace {

// Pictures `first`.. of rich scenes, [count, 3, 64, 64].
at::Tensor Scenes(int first, int count) {
  std::vector<at::Tensor> pictures;
  for (int i = first; i < first + count; ++i) {
    pictures.push_back(
        RenderPicture(ReferenceScene({SceneDomain::kRich, CaptionStyle::kOpen, 3}, i), 64)
            .unsqueeze(0));
  }
  return at::cat(pictures);
}

PatchProjections ProjectionsOf(const at::Tensor& pictures) {
  PatchProjections projections;
  projections.Add(pictures);
  return projections;
}

at::Tensor Blurred(const at::Tensor& pictures) {
  return at::upsample_bilinear2d(at::upsample_bilinear2d(pictures, {48, 48}, false), {64, 64},
                                 false);
}

TEST(LaplacianPyramidTest, ItsLevelsAddUpToThePicture) {
  const at::Tensor pictures = Scenes(0, 2);
  const auto pyramid = LaplacianPyramid(pictures, 3);
  ASSERT_EQ(pyramid.size(), 3u);
  EXPECT_EQ(pyramid[2].size(2), 16);
  // What is left of the picture without its two finer levels is smooth: a flat one has no detail.
  const auto flat = LaplacianPyramid(at::ones({1, 3, 64, 64}), 3);
  EXPECT_LT(flat[0].abs().max().item<double>(), 1e-5);
  EXPECT_LT((flat[2] - 1.0).abs().max().item<double>(), 1e-5);
  EXPECT_GT(pyramid[0].abs().max().item<double>(), 0.1);
}

TEST(PatchesOfTest, ArePlacedByTheNumberOfThePicture) {
  const at::Tensor pictures = Scenes(0, 3);
  const at::Tensor all = PatchesOf(pictures, 7, 8, 0);
  EXPECT_EQ(all.sizes().vec(), (std::vector<int64_t>{24, 147}));
  EXPECT_TRUE(PatchesOf(pictures.narrow(0, 2, 1), 7, 8, 2).equal(all.narrow(0, 16, 8)));
}

TEST(SlicedWassersteinTest, ASetIsNotFromItselfAndAnotherSampleLittle) {
  const PatchProjections set = ProjectionsOf(Scenes(0, 200));
  const SlicedWasserstein distance(set);
  EXPECT_NEAR(distance.DistanceTo(set), 0.0, 1e-6);
  const double sample = distance.DistanceTo(ProjectionsOf(Scenes(200, 200)));
  const double blurred = distance.DistanceTo(ProjectionsOf(Blurred(Scenes(200, 200))));
  EXPECT_GT(blurred, 1.3 * sample);
}

TEST(SlicedWassersteinTest, SeesABlurThatChangesNoBrightness) {
  const at::Tensor pictures = Scenes(0, 200);
  const SlicedWasserstein distance(ProjectionsOf(pictures));
  EXPECT_GT(distance.DistanceTo(ProjectionsOf(Blurred(pictures))), 10.0);
}

TEST(SlicedWassersteinTest, ResamplesAreThePicturesAsOftenAsTheyCount) {
  const SlicedWasserstein distance(ProjectionsOf(Scenes(0, 100)));
  const at::Tensor pictures = Scenes(100, 4);
  PatchProjections patches;
  patches.Add(pictures.narrow(0, 0, 1));
  patches.Add(pictures.narrow(0, 1, 3));
  const at::Tensor counts =
      at::tensor({1.0f, 1.0f, 1.0f, 1.0f, 3.0f, 3.0f, 0.0f, 0.0f}).view({2, 4});
  const std::vector<double> distances = distance.ResampledDistances(patches, counts);
  EXPECT_NEAR(distances[0], distance.DistanceTo(ProjectionsOf(pictures)), 1e-9);
  EXPECT_NEAR(distances[1], distance.DistanceTo(ProjectionsOf(pictures.narrow(0, 0, 2))), 1e-9);
}

}  // namespace
}  // namespace strobe::model
