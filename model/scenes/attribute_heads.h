// Attributes of pictures and captions, each a question with a fixed list of answers.

#ifndef STROBE_MODEL_SCENES_ATTRIBUTE_HEADS_H_
#define STROBE_MODEL_SCENES_ATTRIBUTE_HEADS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace strobe::model {

// The class of an attribute that a caption does not say, or that does not apply to a picture.
inline constexpr int kNotSaid = 0;
// In place of a class: it cannot be told from the picture. LibTorch's losses leave it out.
inline constexpr int kNotTold = -100;

// One attribute as a classification problem.
struct AttributeHead {
  std::string name;                  // "background", "shape_0", ...
  std::vector<std::string> classes;  // by number; that of kNotSaid is empty

  bool operator==(const AttributeHead&) const = default;
};

// The heads of a data set. Labels are lists of class numbers, one for each head.
using AttributeHeads = std::vector<AttributeHead>;

// The sum of their classes: the width of a classifier's output, head after head.
inline int64_t NumClasses(const AttributeHeads& heads) {
  int64_t count = 0;
  for (const AttributeHead& head : heads) count += static_cast<int64_t>(head.classes.size());
  return count;
}

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_ATTRIBUTE_HEADS_H_
