#include "model/evaluation/statistics/laplacian_pyramid.h"

#include <array>

#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include "model/scenes/scene_random.h"

namespace strobe::model {
namespace {

constexpr uint64_t kPlaceSeed = 0x7061746368;

// Every channel by itself.
at::Tensor Blur(const at::Tensor& pictures) {
  const int64_t channels = pictures.size(1);
  const at::Tensor taps = at::tensor({1.0f, 4.0f, 6.0f, 4.0f, 1.0f}) / 16.0;
  const at::Tensor kernel = (taps.unsqueeze(1) * taps).expand({channels, 1, 5, 5}).contiguous();
  constexpr std::array<int64_t, 2> kNoPadding = {0, 0};
  return at::conv2d(at::reflection_pad2d(pictures, {2, 2, 2, 2}), kernel, /*bias=*/{},
                    /*stride=*/{1, 1}, at::IntArrayRef(kNoPadding), /*dilation=*/{1, 1},
                    /*groups=*/channels);
}

at::Tensor Halved(const at::Tensor& pictures) {
  return Blur(pictures).slice(2, 0, pictures.size(2), 2).slice(3, 0, pictures.size(3), 2);
}

at::Tensor Doubled(const at::Tensor& pictures) {
  at::Tensor wide =
      at::zeros({pictures.size(0), pictures.size(1), 2 * pictures.size(2), 2 * pictures.size(3)},
                pictures.options());
  wide.slice(2, 0, wide.size(2), 2).slice(3, 0, wide.size(3), 2).copy_(pictures);
  return 4.0 * Blur(wide);
}

}  // namespace

std::vector<at::Tensor> LaplacianPyramid(const at::Tensor& pictures, int levels) {
  std::vector<at::Tensor> pyramid;
  at::Tensor current = pictures.to(at::kFloat);
  for (int level = 0; level + 1 < levels; ++level) {
    const at::Tensor small = Halved(current);
    pyramid.push_back(current - Doubled(small));
    current = small;
  }
  pyramid.push_back(current);
  return pyramid;
}

at::Tensor PatchesOf(const at::Tensor& pictures, int side, int count, uint64_t first_index) {
  std::vector<at::Tensor> patches;
  for (int64_t i = 0; i < pictures.size(0); ++i) {
    SceneRandom random(kPlaceSeed, first_index + static_cast<uint64_t>(i));
    for (int j = 0; j < count; ++j) {
      const int y = random.Below(static_cast<int>(pictures.size(2)) - side + 1);
      const int x = random.Below(static_cast<int>(pictures.size(3)) - side + 1);
      patches.push_back(pictures[i].narrow(1, y, side).narrow(2, x, side).flatten());
    }
  }
  return at::stack(patches);
}

}  // namespace strobe::model
