#include "model/image_io/jpeg_codec.h"

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// jpeglib.h needs size_t and FILE from the headers above.
#include <jpeglib.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

constexpr int kFullChromaQuality = 95;
constexpr int kMaxSide = 65500;

// libjpeg's default handlers print and exit; these keep the message and jump back. Functions that
// call setjmp hold no object with a destructor, because the jump would skip it.
struct ErrorHandler {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer to it is a pointer to this
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = {};
};

[[noreturn]] void KeepMessageAndJump(j_common_ptr info) {
  auto* handler = reinterpret_cast<ErrorHandler*>(info->err);
  info->err->format_message(info, handler->message);
  std::longjmp(handler->jump, 1);
}

// A level below 0 is a warning: data that libjpeg would repair by guessing.
void RefuseWarnings(j_common_ptr info, int level) {
  if (level < 0) KeepMessageAndJump(info);
}

jpeg_error_mgr* Install(ErrorHandler& handler) {
  jpeg_std_error(&handler.base);
  handler.base.error_exit = KeepMessageAndJump;
  handler.base.emit_message = RefuseWarnings;
  return &handler.base;
}

// `*data` comes from malloc and is the caller's to free, also after an error.
bool Compress(const RgbImage& image, int quality, bool full_chroma, ErrorHandler& handler,
              unsigned char** data, unsigned long* size) {
  jpeg_compress_struct info{};
  info.err = Install(handler);
  if (setjmp(handler.jump) != 0) {
    jpeg_destroy_compress(&info);
    return false;
  }
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, data, size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  info.comp_info[0].h_samp_factor = full_chroma ? 1 : 2;
  info.comp_info[0].v_samp_factor = full_chroma ? 1 : 2;
  jpeg_start_compress(&info, TRUE);
  const size_t row_bytes = static_cast<size_t>(image.width) * 3;
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.pixels.data() + info.next_scanline * row_bytes);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  return true;
}

absl::StatusOr<std::string> CompressToString(const RgbImage& image, int quality, bool full_chroma) {
  ErrorHandler handler;
  unsigned char* data = nullptr;
  unsigned long size = 0;
  const bool ok = Compress(image, quality, full_chroma, handler, &data, &size);
  std::string bytes;
  if (ok) bytes.assign(reinterpret_cast<const char*>(data), size);
  std::free(data);
  if (!ok) return absl::InternalError(absl::StrCat("JPEG: ", handler.message));
  return bytes;
}

// Opens `bytes` and reads the header. On false the message is in `handler`.
bool ReadHeader(absl::string_view bytes, ErrorHandler& handler, jpeg_decompress_struct& info) {
  info.err = Install(handler);
  if (setjmp(handler.jump) != 0) return false;
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&info, TRUE);
  info.out_color_space = JCS_RGB;
  return true;
}

bool ReadPixels(ErrorHandler& handler, jpeg_decompress_struct& info, uint8_t* pixels) {
  if (setjmp(handler.jump) != 0) return false;
  jpeg_start_decompress(&info);
  const size_t row_bytes = static_cast<size_t>(info.output_width) * 3;
  while (info.output_scanline < info.output_height) {
    JSAMPLE* row = pixels + info.output_scanline * row_bytes;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

}  // namespace

bool LooksLikeJpeg(absl::string_view bytes) { return absl::StartsWith(bytes, "\xFF\xD8\xFF"); }

size_t MaxJpegBytes(int width, int height) {
  // libjpeg-turbo's own bound for 4:2:0 (tjBufSize): 2 bytes a pixel for luma and 1 for both chroma
  // planes, on whole 16x16 blocks, and 2,048 for the headers.
  const size_t padded_width = (static_cast<size_t>(width) + 15) / 16 * 16;
  const size_t padded_height = (static_cast<size_t>(height) + 15) / 16 * 16;
  return padded_width * padded_height * 3 + 2048;
}

absl::StatusOr<std::string> EncodeJpeg(const RgbImage& image, int quality) {
  if (image.width > kMaxSide || image.height > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("JPEG holds at most ", kMaxSide, " pixels a side"));
  }
  const bool full_chroma = quality >= kFullChromaQuality;
  absl::StatusOr<std::string> bytes = CompressToString(image, quality, full_chroma);
  if (bytes.ok() && full_chroma && bytes->size() > MaxJpegBytes(image.width, image.height)) {
    return CompressToString(image, quality, /*full_chroma=*/false);
  }
  return bytes;
}

absl::StatusOr<RgbImage> DecodeJpeg(absl::string_view bytes, size_t max_pixels) {
  ErrorHandler handler;
  jpeg_decompress_struct info{};
  absl::Status error;
  RgbImage image;
  if (!ReadHeader(bytes, handler, info)) {
    error = absl::InvalidArgumentError(absl::StrCat("broken JPEG: ", handler.message));
  } else if (static_cast<uint64_t>(info.image_width) * info.image_height > max_pixels) {
    error = absl::InvalidArgumentError(absl::StrCat("JPEG of ", info.image_width, "x",
                                                    info.image_height, " has more than ",
                                                    max_pixels, " pixels"));
  } else {
    image.width = static_cast<int>(info.image_width);
    image.height = static_cast<int>(info.image_height);
    image.pixels.resize(static_cast<size_t>(image.width) * image.height * 3);
    if (!ReadPixels(handler, info, image.pixels.data())) {
      error = absl::InvalidArgumentError(absl::StrCat("broken JPEG: ", handler.message));
    }
  }
  jpeg_destroy_decompress(&info);
  STROBE_RETURN_IF_ERROR(error);
  return image;
}

}  // namespace strobe::model
