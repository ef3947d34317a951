#include "model/denoiser/unet/feed_forward.h"

#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/gelu.h>

namespace strobe::model {
namespace {

constexpr int64_t kExpansion = 4;

}  // namespace

FeedForward::FeedForward(StateDictLoader& loader, const std::string& name, int64_t width)
    : proj_(loader, name + ".net.0.proj", {width, 2 * kExpansion * width}),
      out_(loader, name + ".net.2", {kExpansion * width, width}) {}

at::Tensor FeedForward::Forward(const at::Tensor& input) const {
  const std::vector<at::Tensor> halves = proj_.Forward(input).chunk(2, -1);
  return out_.Forward(halves[0] * at::gelu(halves[1]));
}

}  // namespace strobe::model
