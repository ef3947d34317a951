// A small folder of labelled pictures that anybody can tell apart.

#ifndef STROBE_TESTS_MODEL_LABELLED_FOLDER_H_
#define STROBE_TESTS_MODEL_LABELLED_FOLDER_H_

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/image_io/image_codec.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

inline constexpr int kLabelledSide = 32;  // pixels

// Picture `index` is red, green or blue all over, with a white or a black square somewhere in red
// and green ones, and nothing in blue ones.
inline RgbImage LabelledPicture(int index) {
  RgbImage image{kLabelledSide, kLabelledSide,
                 std::vector<uint8_t>(kLabelledSide * kLabelledSide * 3, 30)};
  const int square = index % 3 == 2 ? 0 : 10;
  const int left = index * 7 % (kLabelledSide - square);
  const int top = index * 5 % (kLabelledSide - square);
  for (int y = 0; y < kLabelledSide; ++y) {
    for (int x = 0; x < kLabelledSide; ++x) {
      uint8_t* const pixel = &image.pixels[static_cast<size_t>((y * kLabelledSide + x) * 3)];
      pixel[index % 3] = static_cast<uint8_t>(190 + index * 13 % 60);
      const bool inside = x >= left && x < left + square && y >= top && y < top + square;
      if (inside) std::fill(pixel, pixel + 3, index / 3 % 2 == 0 ? 255 : 0);
    }
  }
  return image;
}

// The metadata of picture `index`; without attributes it is `{"file_name", "text"}` alone.
inline std::string LabelledLine(int index, bool with_attributes) {
  const char* const colors[] = {"red", "green", "blue"};
  const std::string color = colors[index % 3];
  const std::string square = index / 3 % 2 == 0 ? "white" : "black";
  const bool has_square = index % 3 != 2;
  const std::string full =
      has_square ? absl::StrCat("a ", square, " square on ", color) : absl::StrCat("all ", color);
  const std::string name = absl::StrCat(R"({"file_name": ")", index, R"(.png", "text": )");
  if (!with_attributes) return absl::StrCat(name, "\"", full, "\"}\n");
  return absl::StrCat(name, R"([")", full, R"(", {"text": "something )", color,
                      R"(", "says": ["color"]}], "attributes": {"color": ")", color,
                      R"(", "square": )", has_square ? absl::StrCat("\"", square, "\"") : "null",
                      "}}\n");
}

// Writes `count` pictures and their metadata into `folder`.
inline void WriteLabelledFolder(const std::filesystem::path& folder, int count,
                                bool with_attributes = true) {
  std::filesystem::create_directories(folder);
  std::ofstream metadata(folder / "metadata.jsonl");
  for (int i = 0; i < count; ++i) {
    std::ofstream(folder / absl::StrCat(i, ".png"), std::ios::binary)
        << *EncodeImage(LabelledPicture(i), ImageFormat::kPng, 0);
    metadata << LabelledLine(i, with_attributes);
  }
}

}  // namespace strobe::model

#endif  // STROBE_TESTS_MODEL_LABELLED_FOLDER_H_
