#include "model/evaluation/statistics/picture_look.h"

#include <cstdint>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

namespace strobe::model {
namespace {

constexpr double kThousandths = 1000.0;

at::Tensor Deviation(const at::Tensor& planes) {
  return kThousandths * planes.flatten(1).std(/*dim=*/1, /*unbiased=*/false);
}

// The inner pixels' neighbours above, below, left and right less four times themselves.
at::Tensor Laplacian(const at::Tensor& planes) {
  const int64_t height = planes.size(1) - 2;
  const int64_t width = planes.size(2) - 2;
  const auto moved = [&](int64_t y, int64_t x) {
    return planes.narrow(1, y, height).narrow(2, x, width);
  };
  return moved(0, 1) + moved(2, 1) + moved(1, 0) + moved(1, 2) - 4.0 * moved(1, 1);
}

}  // namespace

PictureLook LookOf(const at::Tensor& pictures) {
  const at::Tensor colours = pictures.to(at::kFloat);
  const at::Tensor weights = at::tensor({0.299f, 0.587f, 0.114f}).view({1, 3, 1, 1});
  const at::Tensor brightness = (colours * weights).sum(1);
  const at::Tensor range = colours.amax(1) - colours.amin(1);
  return {kThousandths * range.mean({1, 2}), Deviation(brightness),
          Deviation(Laplacian(brightness))};
}

}  // namespace strobe::model
