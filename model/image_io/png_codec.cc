#include "model/image_io/png_codec.h"

#include <libdeflate.h>
#include <png.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace strobe::model {
namespace {

constexpr absl::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr size_t kChunkOverhead = 12;  // length, type, CRC
constexpr size_t kHeaderBytes = 13;
constexpr uint8_t kFilterSub = 1;
constexpr int kFastestLevel = 1;

struct CompressorDeleter {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};

size_t FilteredBytes(int width, int height) {
  return (static_cast<size_t>(width) * 3 + 1) * static_cast<size_t>(height);
}

void AppendBigEndian(uint32_t value, std::string& out) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

// The CRC covers type and payload, which lie in `out` from `type_begin`.
void AppendCrc(size_t type_begin, std::string& out) {
  AppendBigEndian(libdeflate_crc32(0, out.data() + type_begin, out.size() - type_begin), out);
}

void AppendChunk(absl::string_view type, absl::string_view payload, std::string& out) {
  AppendBigEndian(static_cast<uint32_t>(payload.size()), out);
  const size_t type_begin = out.size();
  out.append(type.data(), type.size());
  out.append(payload.data(), payload.size());
  AppendCrc(type_begin, out);
}

std::string HeaderPayload(const RgbImage& image) {
  std::string header;
  AppendBigEndian(static_cast<uint32_t>(image.width), header);
  AppendBigEndian(static_cast<uint32_t>(image.height), header);
  // Bit depth 8, truecolour, deflate, adaptive filtering, no interlace.
  header.append("\x08\x02\x00\x00\x00", 5);
  return header;
}

// Each row behind its filter byte, each byte minus the same channel of the pixel to its left.
std::vector<uint8_t> SubFiltered(const RgbImage& image) {
  std::vector<uint8_t> filtered(FilteredBytes(image.width, image.height));
  const size_t row_bytes = static_cast<size_t>(image.width) * 3;
  const uint8_t* in = image.pixels.data();
  uint8_t* out = filtered.data();
  for (int y = 0; y < image.height; ++y, in += row_bytes) {
    *out++ = kFilterSub;
    std::memcpy(out, in, 3);
    for (size_t i = 3; i < row_bytes; ++i) out[i] = static_cast<uint8_t>(in[i] - in[i - 3]);
    out += row_bytes;
  }
  return filtered;
}

}  // namespace

bool LooksLikePng(absl::string_view bytes) { return absl::StartsWith(bytes, kSignature); }

size_t MaxPngBytes(int width, int height) {
  return kSignature.size() + 3 * kChunkOverhead + kHeaderBytes +
         libdeflate_zlib_compress_bound(nullptr, FilteredBytes(width, height));
}

absl::StatusOr<std::string> EncodePng(const RgbImage& image) {
  const std::unique_ptr<libdeflate_compressor, CompressorDeleter> compressor(
      libdeflate_alloc_compressor(kFastestLevel));
  if (compressor == nullptr) return absl::InternalError("PNG: no memory for the compressor");
  const std::vector<uint8_t> filtered = SubFiltered(image);

  std::string out;
  out.reserve(MaxPngBytes(image.width, image.height));
  out.append(kSignature.data(), kSignature.size());
  AppendChunk("IHDR", HeaderPayload(image), out);

  // Compressed straight into its place; the length in front of it is written afterwards.
  const size_t length_at = out.size();
  AppendBigEndian(0, out);
  out.append("IDAT");
  const size_t data_at = out.size();
  const size_t bound = libdeflate_zlib_compress_bound(compressor.get(), filtered.size());
  out.resize(data_at + bound);
  const size_t packed = libdeflate_zlib_compress(compressor.get(), filtered.data(), filtered.size(),
                                                 out.data() + data_at, bound);
  if (packed == 0) return absl::InternalError("PNG: compression failed");
  out.resize(data_at + packed);
  std::string length;
  AppendBigEndian(static_cast<uint32_t>(packed), length);
  out.replace(length_at, length.size(), length);
  AppendCrc(length_at + length.size(), out);

  AppendChunk("IEND", "", out);
  return out;
}

absl::StatusOr<RgbImage> DecodePng(absl::string_view bytes, size_t max_pixels) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  const std::unique_ptr<png_image, void (*)(png_image*)> cleanup(&png, png_image_free);
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("broken PNG: ", png.message));
  }
  if (static_cast<uint64_t>(png.width) * png.height > max_pixels) {
    return absl::InvalidArgumentError(absl::StrCat("PNG of ", png.width, "x", png.height,
                                                   " has more than ", max_pixels, " pixels"));
  }
  png.format = PNG_FORMAT_RGB;
  RgbImage image;
  image.width = static_cast<int>(png.width);
  image.height = static_cast<int>(png.height);
  image.pixels.resize(PNG_IMAGE_SIZE(png));
  const png_color black{};
  if (png_image_finish_read(&png, &black, image.pixels.data(), 0, nullptr) == 0) {
    return absl::InvalidArgumentError(absl::StrCat("broken PNG: ", png.message));
  }
  return image;
}

}  // namespace strobe::model
