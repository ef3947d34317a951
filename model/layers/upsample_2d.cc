#include "model/layers/upsample_2d.h"

#include <ATen/ops/upsample_nearest2d.h>

namespace strobe::model {

Upsample2D::Upsample2D(StateDictLoader& loader, const std::string& name, int64_t channels)
    : conv_(loader, name + ".conv", {channels, channels}) {}

at::Tensor Upsample2D::Forward(const at::Tensor& input, int64_t height, int64_t width) const {
  return conv_.Forward(at::upsample_nearest2d(input, {height, width}));
}

}  // namespace strobe::model
