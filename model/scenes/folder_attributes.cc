#include "model/scenes/folder_attributes.h"

#include <cassert>
#include <iterator>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/json_reader.h"
#include "base/status_macros.h"

namespace strobe::model {
namespace {

using Json = nlohmann::json;

template <typename... Parts>
absl::Status AttributeProblem(const Parts&... parts) {
  return absl::InvalidArgumentError(absl::StrCat(parts...));
}

// A key or a value as an error shows it.
std::string Quoted(const std::string& text) { return ShowJson(Json(text)); }

}  // namespace

absl::Status FolderAttributes::CheckKeys(const Json& attributes) {
  if (!attributes.is_object()) {
    return AttributeProblem("\"attributes\" must be a JSON object, is ", ShowJson(attributes));
  }
  if (attributes.empty())
    return AttributeProblem("\"attributes\" has no keys: leave it out of all lines");
  if (keys_.empty()) {
    for (const auto& [key, value] : attributes.items()) keys_[key];
  }
  for (const auto& [key, values] : keys_) {
    if (!attributes.contains(key)) {
      return AttributeProblem("\"attributes\" lacks ", Quoted(key),
                              ", which the first line has; null says that it does not apply");
    }
  }
  for (const auto& [key, value] : attributes.items()) {
    if (keys_.count(key) == 0) {
      return AttributeProblem("\"attributes\" has ", Quoted(key), ", which the first line has not");
    }
    const bool is_text = value.is_string() && !value.get_ref<const std::string&>().empty();
    if (!is_text && !value.is_null()) {
      return AttributeProblem("the attribute ", Quoted(key),
                              " must be a text, or null where it does not ", "apply; is ",
                              ShowJson(value));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int>> FolderAttributes::AddPicture(const Json* attributes) {
  assert(numbers_.empty());
  const bool has_any = attributes != nullptr;
  if (has_any != has_attributes_.value_or(has_any)) {
    return has_any ? AttributeProblem(
                         "has \"attributes\", which the first line has not: all lines or none")
                   : AttributeProblem(
                         "has no \"attributes\", which the first line has: all lines or none");
  }
  has_attributes_ = has_any;
  if (!has_any) return std::vector<int>();
  STROBE_RETURN_IF_ERROR(CheckKeys(*attributes));
  std::vector<int> labels;
  for (auto& [key, values] : keys_) {
    const Json& value = attributes->at(key);
    const int next = static_cast<int>(values.size()) + 1;
    labels.push_back(
        value.is_null() ? kNotSaid : values.emplace(value.get<std::string>(), next).first->second);
  }
  return labels;
}

absl::StatusOr<std::vector<int>> FolderAttributes::Said(const std::vector<int>& picture,
                                                        const Json* says) const {
  if (says == nullptr) return picture;
  if (keys_.empty())
    return AttributeProblem("\"says\" needs \"attributes\", which the line has not");
  if (!says->is_array())
    return AttributeProblem("\"says\" must be a list of keys, is ", ShowJson(*says));
  std::vector<int> said(picture.size(), kNotSaid);
  std::set<std::string> named;
  for (const Json& key : *says) {
    if (!key.is_string())
      return AttributeProblem("\"says\" must be a list of keys, has ", ShowJson(key));
    const std::string name = key.get<std::string>();
    const auto found = keys_.find(name);
    if (found == keys_.end()) {
      return AttributeProblem("\"says\" names ", Quoted(name),
                              ", which is no key of \"attributes\"");
    }
    const size_t head = static_cast<size_t>(std::distance(keys_.begin(), found));
    if (picture[head] == kNotSaid) {
      return AttributeProblem("\"says\" names ", Quoted(name), ", which is null for this picture");
    }
    if (!named.insert(name).second)
      return AttributeProblem("\"says\" names ", Quoted(name), " twice");
    said[head] = picture[head];
  }
  return said;
}

AttributeHeads FolderAttributes::Heads() const {
  AttributeHeads heads;
  for (const auto& [key, values] : keys_) {
    heads.push_back({key, {""}});
    for (const auto& [value, number] : values) heads.back().classes.push_back(value);
  }
  return heads;
}

void FolderAttributes::Renumber(std::vector<int>& labels) {
  if (numbers_.empty()) {
    for (const auto& [key, values] : keys_) {
      std::vector<int> numbers(values.size() + 1, kNotSaid);
      int number = 0;
      for (const auto& [value, arrival] : values) numbers[static_cast<size_t>(arrival)] = ++number;
      numbers_.push_back(std::move(numbers));
    }
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    labels[i] = numbers_[i][static_cast<size_t>(labels[i])];
  }
}

}  // namespace strobe::model
