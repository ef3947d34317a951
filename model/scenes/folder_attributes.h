// The attributes that a folder's metadata gives its pictures, and what captions say of them.

#ifndef STROBE_MODEL_SCENES_FOLDER_ATTRIBUTES_H_
#define STROBE_MODEL_SCENES_FOLDER_ATTRIBUTES_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/scenes/attribute_heads.h"

namespace strobe::model {

// Takes the "attributes" of the pictures one by one: objects of the same keys, each value a text or
// null where the key does not apply. Which values there are is known after the last picture; until
// then a value's class is the order in which it was met. Not thread-safe.
class FolderAttributes {
 public:
  // The classes of the next picture. `attributes` is null where its line has none: then no line may
  // have any. INVALID_ARGUMENT names the key at fault.
  absl::StatusOr<std::vector<int>> AddPicture(const nlohmann::json* attributes);

  // What a caption of that picture says, of the picture's classes. `says` lists keys that apply;
  // null: all of them. INVALID_ARGUMENT names the key at fault.
  absl::StatusOr<std::vector<int>> Said(const std::vector<int>& picture,
                                        const nlohmann::json* says) const;

  // After the last picture: a head for each key in alphabetical order, its classes the values in
  // alphabetical order after kNotSaid.
  AttributeHeads Heads() const;

  // From the order of arrival to the classes of Heads().
  void Renumber(std::vector<int>& labels);

 private:
  using Values = std::map<std::string, int>;  // a class, from 1 in the order of arrival

  absl::Status CheckKeys(const nlohmann::json& attributes);

  std::optional<bool> has_attributes_;  // of the first picture
  std::map<std::string, Values> keys_;
  std::vector<std::vector<int>> numbers_;  // by key and order of arrival; made when first needed
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_SCENES_FOLDER_ATTRIBUTES_H_
