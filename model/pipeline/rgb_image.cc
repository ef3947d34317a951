#include <ATen/core/Tensor.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/round.h>

#include "absl/strings/str_cat.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/pipeline/torch_call.h"

namespace strobe::model {

absl::StatusOr<RgbImage> ToRgbImage(const at::Tensor& image) {
  RgbImage result;
  const absl::Status status = CallTorch("rounding the image", [&]() -> absl::Status {
    if (image.dim() != 3 || image.size(0) != 3) {
      return absl::InternalError("rounding the image: its shape is not [3, H, W]");
    }
    const at::Tensor host = image.to(at::kCPU, at::kFloat);
    if (!at::isfinite(host).all().item<bool>()) {
      return absl::InternalError("the decoded image has values that are not finite");
    }
    const at::Tensor bytes = at::round(at::clamp(host, 0.0, 1.0).mul(255.0))
                                 .to(at::kByte)
                                 .permute({1, 2, 0})
                                 .contiguous();
    result.height = static_cast<int>(bytes.size(0));
    result.width = static_cast<int>(bytes.size(1));
    const uint8_t* data = bytes.data_ptr<uint8_t>();
    result.pixels.assign(data, data + bytes.numel());
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return result;
}

}  // namespace strobe::model
