#include "client/load/picture_flaw.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "model/spec/image_format.h"

namespace strobe::client {
namespace {

using absl::string_view;

// ISO/IEC 15948: the signature, then IHDR, whose width and height are at 16 and 20; IEND is last.
constexpr string_view kPngStart("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16);
constexpr string_view kPngEnd("\0\0\0\0IEND\xae\x42\x60\x82", 12);
constexpr size_t kPngSizeEnd = 24;
// ITU-T T.81: start and end of image.
constexpr string_view kJpegStart("\xff\xd8\xff");
constexpr string_view kJpegEnd("\xff\xd9");
// RFC 9649: RIFF, the length of what follows, WEBP.
constexpr size_t kRiffHead = 8;

uint32_t BigEndian(string_view bytes) {
  uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

uint32_t LittleEndian(string_view bytes) {
  uint32_t number = 0;
  for (size_t i = bytes.size(); i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return number;
}

PictureFlaw FlawOfPng(string_view data, uint32_t width, uint32_t height) {
  if (data.size() < kPngSizeEnd + kPngEnd.size() || !absl::StartsWith(data, kPngStart) ||
      !absl::EndsWith(data, kPngEnd)) {
    return PictureFlaw::kCorrupt;
  }
  const bool same =
      BigEndian(data.substr(16, 4)) == width && BigEndian(data.substr(20, 4)) == height;
  return same ? PictureFlaw::kNone : PictureFlaw::kWrongSize;
}

bool IsJpeg(string_view data) {
  return absl::StartsWith(data, kJpegStart) && absl::EndsWith(data, kJpegEnd);
}

bool IsWebp(string_view data) {
  return data.size() > kRiffHead + 4 && absl::StartsWith(data, "RIFF") &&
         data.substr(kRiffHead, 4) == "WEBP" &&
         LittleEndian(data.substr(4, 4)) + kRiffHead == data.size();
}

}  // namespace

PictureFlaw FlawOf(const v1::GeneratedImage& image, int width, int height) {
  using model::ImageFormat;
  const string_view data = image.data();
  if ((width > 0 && image.width() != width) || (height > 0 && image.height() != height)) {
    return PictureFlaw::kWrongSize;
  }
  const auto format = model::ImageFormatOfMimeType(image.mime_type());
  if (format == ImageFormat::kPng) return FlawOfPng(data, image.width(), image.height());
  const bool whole = format == ImageFormat::kJpeg   ? IsJpeg(data)
                     : format == ImageFormat::kWebp ? IsWebp(data)
                     : format == ImageFormat::kRawRgb8
                         ? data.size() == size_t{3} * image.width() * image.height()
                         : false;
  return whole ? PictureFlaw::kNone : PictureFlaw::kCorrupt;
}

}  // namespace strobe::client
