#include "model/layers/config_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace strobe::model {
namespace {

using nlohmann::json;

// Text of a value for an error; invalid UTF-8 and great length must not spoil the message.
std::string Show(const json& value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  constexpr size_t kMaxLength = 80;
  return text.size() <= kMaxLength ? text : text.substr(0, kMaxLength) + "...";
}

// No network has more blocks than this.
constexpr size_t kMaxListLength = 16;

bool IsList(const json& value) {
  return value.is_array() && !value.empty() && value.size() <= kMaxListLength;
}

}  // namespace

ConfigReader::ConfigReader(std::string class_name, const json& config)
    : class_name_(std::move(class_name)), config_(config) {
  if (!config_.is_object()) {
    AddProblem(absl::StrCat("the config is ", Show(config_), ", expected an object"));
  }
}

const json* ConfigReader::Find(const std::string& key) const {
  if (!config_.is_object()) return nullptr;
  const auto it = config_.find(key);
  return it == config_.end() ? nullptr : &*it;
}

bool ConfigReader::IsIntIn(const json& value, const IntRange& range) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    return number <= static_cast<uint64_t>(range.max) && static_cast<int64_t>(number) >= range.min;
  }
  return value.is_number_integer() && value.get<int64_t>() >= range.min &&
         value.get<int64_t>() <= range.max;
}

int64_t ConfigReader::GetInt(const std::string& key, int64_t default_value, const IntRange& range) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (IsIntIn(*value, range)) return value->get<int64_t>();
  AddMismatch(key, absl::StrCat("an integer in ", range.min, "..", range.max));
  return default_value;
}

double ConfigReader::GetDouble(const std::string& key, double default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (value->is_number() && std::isfinite(value->get<double>())) return value->get<double>();
  AddMismatch(key, "a number");
  return default_value;
}

bool ConfigReader::GetBool(const std::string& key, bool default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (value->is_boolean()) return value->get<bool>();
  AddMismatch(key, "true or false");
  return default_value;
}

std::vector<int64_t> ConfigReader::GetInts(const std::string& key,
                                           const std::vector<int64_t>& default_value,
                                           const IntRange& range) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (IsList(*value) && std::all_of(value->begin(), value->end(),
                                    [&range](const json& item) { return IsIntIn(item, range); })) {
    return value->get<std::vector<int64_t>>();
  }
  AddMismatch(key, absl::StrCat("a list of 1..", kMaxListLength, " integers in ", range.min, "..",
                                range.max));
  return default_value;
}

std::vector<std::string> ConfigReader::GetStrings(const std::string& key,
                                                  const std::vector<std::string>& default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (value->is_array() && !value->empty() &&
      std::all_of(value->begin(), value->end(),
                  [](const json& item) { return item.is_string(); })) {
    return value->get<std::vector<std::string>>();
  }
  AddMismatch(key, absl::StrCat("a list of 1..", kMaxListLength, " strings"));
  return default_value;
}

std::vector<int64_t> ConfigReader::GetIntForEach(const std::string& key, size_t count,
                                                 int64_t default_value, const IntRange& range) {
  const std::vector<int64_t> defaults(count, default_value);
  const json* value = Find(key);
  if (value == nullptr) return defaults;
  if (!value->is_array()) return std::vector<int64_t>(count, GetInt(key, default_value, range));
  if (value->size() == count) return GetInts(key, defaults, range);
  AddMismatch(key, absl::StrCat("one integer or a list of ", count, ", one for each block"));
  return defaults;
}

void ConfigReader::RequireOneOf(const std::string& key, std::initializer_list<json> supported) {
  const json* value = Find(key);
  if (value == nullptr) return;
  if (std::find(supported.begin(), supported.end(), *value) != supported.end()) return;
  const std::string choices = absl::StrJoin(
      supported, " or ", [](std::string* out, const json& choice) { out->append(Show(choice)); });
  problems_.push_back(
      absl::StrCat("unsupported ", key, " ", Show(*value), " (supported: ", choices, ")"));
}

void ConfigReader::AddProblem(std::string problem) { problems_.push_back(std::move(problem)); }

void ConfigReader::AddMismatch(const std::string& key, const std::string& expected) {
  problems_.push_back(absl::StrCat(key, " is ", Show(*Find(key)), ", expected ", expected));
}

absl::Status ConfigReader::status() const {
  if (problems_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(class_name_, ": ", absl::StrJoin(problems_, "; ")));
}

}  // namespace strobe::model
