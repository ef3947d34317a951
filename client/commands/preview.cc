#include "client/commands/preview.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/sixel_image.h"
#include "client/terminal_image.h"
#include "model/image_io/image_codec.h"

namespace strobe::client {
namespace {

constexpr absl::Duration kProbeTimeout = absl::Milliseconds(200);
constexpr int kMostColumns = 64;        // of half blocks
constexpr int kMostHalfBlockRows = 64;  // pixel rows: 32 lines
constexpr int kKittyColumns = 32;
constexpr int kSixelSide = 320;  // pixels at most; small pictures are enlarged towards it

absl::StatusOr<model::RgbImage> Decoded(const v1::GeneratedImage& image) {
  if (image.mime_type() != model::MimeType(model::ImageFormat::kRawRgb8)) {
    return model::DecodeImage(image.data());
  }
  model::RgbImage raw{image.width(), image.height(), {image.data().begin(), image.data().end()}};
  const int64_t bytes = int64_t{3} * raw.width * raw.height;
  if (raw.width < 1 || raw.height < 1 || static_cast<int64_t>(raw.pixels.size()) != bytes) {
    return absl::InvalidArgumentError("the raw picture has another size than it says");
  }
  return raw;
}

std::string DrawKitty(const model::RgbImage& image, int columns) {
  const absl::StatusOr<std::string> png = model::EncodeImage(image, model::ImageFormat::kPng, 0);
  return png.ok() ? KittyImage(*png, std::min(columns, kKittyColumns)) : "";
}

std::string DrawSixel(const model::RgbImage& image) {
  const model::RgbImage fitting = ShrunkToFit(image, kSixelSide, kSixelSide);
  return SixelImage(
      Enlarged(fitting, std::max(1, kSixelSide / std::max(fitting.width, fitting.height))));
}

}  // namespace

PreviewStyle ResolvePreviewStyle(PreviewChoice choice) {
  switch (choice) {
    case PreviewChoice::kNever:
      return PreviewStyle::kNone;
    case PreviewChoice::kBlocks:
      return PreviewStyle::kHalfBlocks;
    case PreviewChoice::kKitty:
      return PreviewStyle::kKitty;
    case PreviewChoice::kSixel:
      return PreviewStyle::kSixel;
    case PreviewChoice::kAuto:
      break;
  }
  return ChoosePreviewStyle(CurrentTerminalFacts(),
                            [] { return TerminalAnnouncesSixel(kProbeTimeout); });
}

std::string DrawPreview(const v1::GeneratedImage& image, PreviewStyle style, int columns) {
  if (style == PreviewStyle::kNone) return "";
  const absl::StatusOr<model::RgbImage> picture = Decoded(image);
  if (!picture.ok()) return "";
  if (style == PreviewStyle::kKitty) return DrawKitty(*picture, columns);
  if (style == PreviewStyle::kSixel) return DrawSixel(*picture);
  return HalfBlocks(
      ShrunkToFit(*picture, std::clamp(columns, 1, kMostColumns), kMostHalfBlockRows));
}

}  // namespace strobe::client
