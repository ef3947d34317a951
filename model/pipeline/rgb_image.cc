#include "model/pipeline/rgb_image.h"

#include <utility>

#include <ATen/ops/clamp.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/round.h>
#include <ATen/ops/stack.h>

#include "model/pipeline/device_copy.h"
#include "model/pipeline/torch_call.h"

namespace strobe::model {
namespace {

using Images = std::vector<absl::StatusOr<RgbImage>>;

// `pixels`: uint8 [H, W, 3].
RgbImage ImageOf(const at::Tensor& pixels) {
  RgbImage image;
  image.height = static_cast<int>(pixels.size(0));
  image.width = static_cast<int>(pixels.size(1));
  const uint8_t* const data = pixels.const_data_ptr<uint8_t>();
  image.pixels.assign(data, data + pixels.numel());
  return image;
}

Images Round(const at::Tensor& images) {
  const at::Tensor values = images.to(at::kFloat);
  const at::Tensor bytes = at::round(at::clamp(values, 0.0, 1.0).mul(255.0))
                               .to(at::kByte)
                               .permute({0, 2, 3, 1})
                               .contiguous();
  const std::vector<at::Tensor> host = ToHost({bytes, at::isfinite(values).flatten(1).all(1)});
  Images rounded;
  for (int64_t i = 0; i < images.size(0); ++i) {
    if (host[1][i].item<bool>()) {
      rounded.push_back(ImageOf(host[0][i]));
    } else {
      rounded.push_back(absl::InternalError("the decoded image has values that are not finite"));
    }
  }
  return rounded;
}

}  // namespace

Images ToRgbImages(const std::vector<at::Tensor>& images) {
  Images rounded;
  if (images.empty()) return rounded;
  const absl::Status status = CallTorch("rounding the image", [&]() -> absl::Status {
    if (images.front().dim() != 3 || images.front().size(0) != 3) {
      return absl::InternalError("rounding the image: its shape is not [3, H, W]");
    }
    rounded = Round(at::stack(images));
    return absl::OkStatus();
  });
  if (!status.ok()) return Images(images.size(), status);
  return rounded;
}

absl::StatusOr<RgbImage> ToRgbImage(const at::Tensor& image) {
  return std::move(ToRgbImages({image}).front());
}

}  // namespace strobe::model
