#include "model/scenes/label_mapping.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace strobe::model {
namespace {

// The numbers of the classes of `from` in `to`; names those that `to` has not.
std::vector<int> ClassesIn(const AttributeHead& from, const AttributeHead& to,
                           std::vector<std::string>& unknown) {
  std::vector<int> classes;
  for (const std::string& value : from.classes) {
    const auto found = std::find(to.classes.begin(), to.classes.end(), value);
    if (found == to.classes.end()) {
      unknown.push_back(absl::StrCat("the value '", value, "' of '", from.name, "'"));
    }
    classes.push_back(static_cast<int>(found - to.classes.begin()));
  }
  return classes;
}

}  // namespace

absl::StatusOr<LabelMapping> LabelMapping::Create(const AttributeHeads& from,
                                                  const AttributeHeads& to) {
  if (from.empty() && !to.empty()) return absl::InvalidArgumentError("there are no attributes");
  LabelMapping mapping;
  mapping.sources_.resize(to.size());
  std::vector<std::string> unknown;
  for (size_t i = 0; i < from.size(); ++i) {
    const auto found = std::find_if(
        to.begin(), to.end(), [&](const AttributeHead& head) { return head.name == from[i].name; });
    if (found == to.end()) {
      unknown.push_back(absl::StrCat("the attribute '", from[i].name, "'"));
    } else {
      mapping.sources_[static_cast<size_t>(found - to.begin())] =
          Source{i, ClassesIn(from[i], *found, unknown)};
    }
  }
  if (unknown.empty()) return mapping;
  return absl::InvalidArgumentError(absl::StrCat("not known: ", absl::StrJoin(unknown, ", ")));
}

std::vector<int> LabelMapping::Map(const std::vector<int>& labels, int missing) const {
  std::vector<int> mapped;
  for (const std::optional<Source>& source : sources_) {
    if (!source.has_value()) {
      mapped.push_back(missing);
      continue;
    }
    const int label = labels[source->head];
    mapped.push_back(label == kNotTold ? kNotTold : source->classes[static_cast<size_t>(label)]);
  }
  return mapped;
}

}  // namespace strobe::model
