#include "model/evaluation/picture_tensors.h"

#include <algorithm>

#include <ATen/ops/empty.h>

namespace strobe::model {

at::Tensor StackPictures(absl::Span<const RgbImage> pictures) {
  const int64_t height = pictures.front().height;
  const int64_t width = pictures.front().width;
  at::Tensor bytes =
      at::empty({static_cast<int64_t>(pictures.size()), height, width, 3}, at::kByte);
  uint8_t* out = bytes.data_ptr<uint8_t>();
  for (const RgbImage& picture : pictures) {
    out = std::copy(picture.pixels.begin(), picture.pixels.end(), out);
  }
  return bytes.permute({0, 3, 1, 2}).to(at::kFloat).div_(255.0).contiguous();
}

RgbImage PictureSheet(const at::Tensor& pictures, int columns, int gap) {
  const int64_t count = pictures.size(0);
  const int64_t height = pictures.size(2) + gap;
  const int64_t width = pictures.size(3) + gap;
  RgbImage sheet;
  sheet.width = static_cast<int>(width) * columns;
  sheet.height = static_cast<int>(height * ((count + columns - 1) / columns));
  sheet.pixels.assign(static_cast<size_t>(sheet.width) * sheet.height * 3, 255);
  const at::Tensor bytes = pictures.detach()
                               .to(at::kCPU)
                               .clamp(0, 1)
                               .mul(255.0)
                               .round()
                               .permute({0, 2, 3, 1})
                               .to(at::kByte)
                               .contiguous();
  const uint8_t* in = bytes.data_ptr<uint8_t>();
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t y = 0; y + gap < height; ++y, in += (width - gap) * 3) {
      const int64_t row = i / columns * height + y;
      const int64_t column = i % columns * width;
      std::copy(in, in + (width - gap) * 3,
                sheet.pixels.begin() + (row * sheet.width + column) * 3);
    }
  }
  return sheet;
}

}  // namespace strobe::model
