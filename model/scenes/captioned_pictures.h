// Captioned pictures, whatever they come from.

#ifndef STROBE_MODEL_SCENES_CAPTIONED_PICTURES_H_
#define STROBE_MODEL_SCENES_CAPTIONED_PICTURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/scenes/attribute_heads.h"
#include "model/spec/generation_types.h"

namespace strobe::model {

struct PictureCaption {
  std::string text;
  std::vector<int> labels;  // what it says: a class for each of the set's heads
};

// All that is known of one picture without looking at it.
struct PictureTexts {
  std::vector<PictureCaption> captions;  // at least one
  std::vector<int> labels;               // what it shows: a class for each head, or kNotTold
};

// A finite list of pictures of one size, each with one or more captions. What is asked for twice is
// the same. Const calls are thread-safe.
class CaptionedPictures {
 public:
  virtual ~CaptionedPictures() = default;

  virtual int64_t size() const = 0;
  virtual int image_size() const = 0;  // pixels, width and height

  // What captions and pictures are told apart by; empty: the set has no labels.
  virtual const AttributeHeads& heads() const = 0;

  // All words that a caption may have, if they are known without reading the captions; else empty.
  virtual absl::Span<const absl::string_view> vocabulary() const { return {}; }

  // Of picture `index`, 0 <= index < size() (else OUT_OF_RANGE). Errors name the file. The picture
  // is image_size() squared.
  virtual absl::StatusOr<RgbImage> Picture(int64_t index) const = 0;
  virtual absl::StatusOr<PictureTexts> Texts(int64_t index) const = 0;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_CAPTIONED_PICTURES_H_
