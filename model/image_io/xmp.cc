#include "model/image_io/xmp.h"

#include <libdeflate.h>
#include <webp/mux.h>

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "model/image_io/jpeg_codec.h"
#include "model/image_io/png_codec.h"
#include "model/image_io/webp_codec.h"

namespace strobe::model {
namespace {

constexpr size_t kPngHeaderEnd = 8 + 12 + 13;  // signature and IHDR
// Keyword, no compression, no language, no translated keyword (XMP specification, part 3).
constexpr absl::string_view kPngKeyword("XML:com.adobe.xmp\0\0\0\0\0", 22);
constexpr absl::string_view kJpegNamespace("http://ns.adobe.com/xap/1.0/\0", 29);
constexpr size_t kJpegStart = 2;  // the SOI marker

std::string BigEndian(size_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
  return out;
}

absl::Status NotOfFormat() { return absl::InvalidArgumentError("the bytes are of another format"); }

absl::StatusOr<std::string> AddToPng(std::string&& encoded, absl::string_view packet) {
  if (!LooksLikePng(encoded) || encoded.size() < kPngHeaderEnd) return NotOfFormat();
  std::string chunk = absl::StrCat("iTXt", kPngKeyword, packet);
  const uint32_t crc = libdeflate_crc32(0, chunk.data(), chunk.size());
  chunk = absl::StrCat(BigEndian(chunk.size() - 4, 4), chunk, BigEndian(crc, 4));
  encoded.insert(kPngHeaderEnd, chunk);
  return encoded;
}

// Behind the JFIF segment, which has to be the first.
absl::StatusOr<std::string> AddToJpeg(std::string&& encoded, absl::string_view packet) {
  if (encoded.size() < kJpegStart + 4 || !LooksLikeJpeg(encoded)) return NotOfFormat();
  size_t at = kJpegStart;
  if (absl::StartsWith(absl::string_view(encoded).substr(at), "\xFF\xE0")) {
    at += 2 + static_cast<uint8_t>(encoded[at + 2]) * 256 + static_cast<uint8_t>(encoded[at + 3]);
  }
  if (at > encoded.size()) return NotOfFormat();
  const std::string body = absl::StrCat(kJpegNamespace, packet);
  encoded.insert(at, absl::StrCat("\xFF\xE1", BigEndian(body.size() + 2, 2), body));
  return encoded;
}

WebPData Borrow(absl::string_view bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
}

absl::StatusOr<std::string> AddToWebp(const std::string& encoded, absl::string_view packet) {
  if (!LooksLikeWebp(encoded)) return NotOfFormat();
  const WebPData picture = Borrow(encoded);
  const std::unique_ptr<WebPMux, void (*)(WebPMux*)> mux(WebPMuxCreate(&picture, 0), WebPMuxDelete);
  if (mux == nullptr) return NotOfFormat();
  const WebPData xmp = Borrow(packet);
  WebPData assembled = {};
  if (WebPMuxSetChunk(mux.get(), "XMP ", &xmp, 0) != WEBP_MUX_OK ||
      WebPMuxAssemble(mux.get(), &assembled) != WEBP_MUX_OK) {
    return absl::InternalError("WebP: the metadata could not be added");
  }
  std::string bytes(reinterpret_cast<const char*>(assembled.bytes), assembled.size);
  WebPDataClear(&assembled);
  return bytes;
}

}  // namespace

absl::StatusOr<std::string> AddXmp(std::string encoded, ImageFormat format,
                                   absl::string_view packet) {
  if (packet.size() > kMaxXmpBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("an XMP packet of ", packet.size(), " bytes is over ", kMaxXmpBytes));
  }
  switch (format) {
    case ImageFormat::kPng:
      return AddToPng(std::move(encoded), packet);
    case ImageFormat::kJpeg:
      return AddToJpeg(std::move(encoded), packet);
    case ImageFormat::kWebp:
      return AddToWebp(encoded, packet);
    case ImageFormat::kRawRgb8:
      break;
  }
  return encoded;
}

}  // namespace strobe::model
