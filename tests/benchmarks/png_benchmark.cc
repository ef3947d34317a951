// What the PNG writer of ours gains over libpng, on one picture:
//
//   png_benchmark model/students/scenes/samples.png
//
// Prints a line an encoder: the least milliseconds of several, and the bytes. Each takes the same
// pixels; `libpng, level 1, sub` does what ours does, with zlib in place of libdeflate.

#include <png.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <string>

#include "model/image_io/png_codec.h"

namespace strobe::model {
namespace {

constexpr int kRuns = 20;
constexpr size_t kMaxPixels = size_t{1} << 26;

void Append(png_structp png, png_bytep bytes, size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), size);
}

std::string EncodeByLibpng(const RgbImage& image, int level, int filters) {
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &out, Append, nullptr);
  png_set_compression_level(png, level);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, filters);
  png_set_IHDR(png, info, image.width, image.height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < image.height; ++y) {
    png_write_row(png, image.pixels.data() + static_cast<size_t>(y) * image.width * 3);
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

void Measure(const char* name, const std::function<std::string()>& encode) {
  double least = std::numeric_limits<double>::infinity();
  size_t bytes = 0;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    bytes = encode().size();
    const std::chrono::duration<double, std::milli> taken =
        std::chrono::steady_clock::now() - start;
    least = std::min(least, taken.count());
  }
  std::printf("%-24s %8.2f ms %9zu bytes\n", name, least, bytes);
}

int Run(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const auto image = DecodePng(bytes.str(), kMaxPixels);
  if (!image.ok()) {
    std::fprintf(stderr, "%s: %s\n", path, std::string(image.status().message()).c_str());
    return 1;
  }
  std::printf("%d x %d pixels, the least of %d runs\n", image->width, image->height, kRuns);
  Measure("ours, libdeflate", [&] { return *EncodePng(*image); });
  Measure("libpng, level 1, sub", [&] { return EncodeByLibpng(*image, 1, PNG_FILTER_SUB); });
  Measure("libpng, level 6, all", [&] { return EncodeByLibpng(*image, 6, PNG_ALL_FILTERS); });
  return 0;
}

}  // namespace
}  // namespace strobe::model

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: png_benchmark PICTURE.png\n");
    return 2;
  }
  return strobe::model::Run(argv[1]);
}
