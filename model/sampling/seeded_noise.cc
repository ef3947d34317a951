#include "model/sampling/seeded_noise.h"

#include <algorithm>
#include <cstddef>

#include <ATen/ops/empty.h>

#ifdef STROBE_CUDA
#include "model/cuda/device_sampler.h"
#endif

namespace strobe::model {

void FillUnitNormal(uint64_t seed, uint64_t stream, absl::Span<float> out) {
  for (size_t start = 0; start < out.size(); start += kNoiseBlock) {
    float values[kNoiseBlock];
    UnitNormalBlock(seed, stream, start / kNoiseBlock, values);
    std::copy_n(values, std::min<size_t>(kNoiseBlock, out.size() - start), out.begin() + start);
  }
}

at::Tensor UnitNormal(uint64_t seed, uint64_t stream, at::IntArrayRef shape,
                      const at::Device& device) {
#ifdef STROBE_CUDA
  if (device.is_cuda()) return UnitNormalOnDevice(seed, stream, shape, device);
#endif
  at::Tensor noise = at::empty(shape, at::kFloat);
  FillUnitNormal(seed, stream,
                 absl::MakeSpan(noise.data_ptr<float>(), static_cast<size_t>(noise.numel())));
  return noise.to(device);
}

}  // namespace strobe::model
