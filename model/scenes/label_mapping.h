// Labels of one data set in the classes of another.

#ifndef STROBE_MODEL_SCENES_LABEL_MAPPING_H_
#define STROBE_MODEL_SCENES_LABEL_MAPPING_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "model/scenes/attribute_heads.h"

namespace strobe::model {

// Finds attributes and values by their names. Immutable.
class LabelMapping {
 public:
  // INVALID_ARGUMENT names every attribute and value of `from` that `to` has not; `to` may have
  // more. So is a `from` without any attribute, unless `to` has none either.
  static absl::StatusOr<LabelMapping> Create(const AttributeHeads& from, const AttributeHeads& to);

  // A class of `from` for each head of it, to a class of `to` for each head of that; `missing` for
  // those that `from` has not. kNotSaid and kNotTold stay what they are.
  std::vector<int> Map(const std::vector<int>& labels, int missing) const;

 private:
  struct Source {
    size_t head = 0;           // of `from`
    std::vector<int> classes;  // of `to`, by those of `from`
  };
  std::vector<std::optional<Source>> sources_;  // of each head of `to`; nothing: `from` has it not
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_LABEL_MAPPING_H_
