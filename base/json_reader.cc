#include "base/json_reader.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace strobe {
namespace {

using nlohmann::json;

constexpr size_t kMaxShownLength = 80;

bool IsIntIn(const json& value, const IntRange& range) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    return range.max >= 0 && number <= static_cast<uint64_t>(range.max) &&
           (range.min <= 0 || number >= static_cast<uint64_t>(range.min));
  }
  return value.is_number_integer() && value.get<int64_t>() >= range.min &&
         value.get<int64_t>() <= range.max;
}

bool IsFinite(const json& value) { return value.is_number() && std::isfinite(value.get<double>()); }

template <typename Accepts>
bool IsListOf(const json& value, size_t most, Accepts accepts) {
  return value.is_array() && !value.empty() && value.size() <= most &&
         std::all_of(value.begin(), value.end(), accepts);
}

std::string Describe(const IntRange& range) {
  return absl::StrCat(" from ", range.min, " to ", range.max);
}

}  // namespace

absl::StatusOr<json> ParseJson(absl::string_view text, absl::string_view subject) {
  json parsed = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    return absl::InvalidArgumentError(absl::StrCat(subject, ": is not valid JSON"));
  }
  return parsed;
}

std::string ShowJson(const json& value) {
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= kMaxShownLength ? text : text.substr(0, kMaxShownLength) + "...";
}

JsonReader::JsonReader(std::string subject, const json& object, Null null)
    : subject_(std::move(subject)),
      object_(object),
      null_(null),
      problems_(std::make_shared<std::vector<std::string>>()) {
  if (!object_.is_object()) {
    AddProblem(absl::StrCat("must be a JSON object, is ", ShowJson(object_)));
  }
}

JsonReader::JsonReader(const JsonReader& parent, std::string path, const json& object)
    : subject_(parent.subject_),
      path_(absl::StrCat(path, ".")),
      object_(object),
      null_(parent.null_),
      problems_(parent.problems_) {
  if (!object_.is_object()) {
    AddProblem(absl::StrCat("'", path, "' must be a JSON object, is ", ShowJson(object_)));
  }
}

const json* JsonReader::Find(const std::string& key) const {
  asked_.insert(key);
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(key);
  if (found == object_.end() || (null_ == Null::kIsMissing && found->is_null())) return nullptr;
  return &*found;
}

int64_t JsonReader::GetInt(const std::string& key, int64_t default_value, const IntRange& range) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (IsIntIn(*value, range)) return value->get<int64_t>();
  AddMismatch(key, absl::StrCat("an integer", Describe(range)));
  return default_value;
}

uint64_t JsonReader::GetUint64(const std::string& key, uint64_t default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (value->is_number_unsigned()) return value->get<uint64_t>();
  AddMismatch(key, "an integer from 0 to 2^64 - 1");
  return default_value;
}

double JsonReader::GetDouble(const std::string& key, double default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (IsFinite(*value)) return value->get<double>();
  AddMismatch(key, "a number");
  return default_value;
}

double JsonReader::GetDouble(const std::string& key, double default_value,
                             const NumberRange& range) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  if (number >= range.min && number <= range.max) return number;
  AddMismatch(key, absl::StrCat("a number from ", range.min, " to ", range.max));
  return default_value;
}

bool JsonReader::GetBool(const std::string& key, bool default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (value->is_boolean()) return value->get<bool>();
  AddMismatch(key, "true or false");
  return default_value;
}

std::string JsonReader::GetString(const std::string& key, const std::string& default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (value->is_string()) return value->get<std::string>();
  AddMismatch(key, "a string");
  return default_value;
}

std::string JsonReader::GetNonEmptyString(const std::string& key,
                                          const std::string& default_value) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (value->is_string() && *value != "") return value->get<std::string>();
  AddMismatch(key, "a string that is not empty");
  return default_value;
}

std::vector<int64_t> JsonReader::GetInts(const std::string& key,
                                         const std::vector<int64_t>& default_value,
                                         const IntRange& range, size_t most) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (IsListOf(*value, most, [&range](const json& item) { return IsIntIn(item, range); })) {
    return value->get<std::vector<int64_t>>();
  }
  AddMismatch(key, absl::StrCat("a list of 1 to ", most, " integers", Describe(range)));
  return default_value;
}

std::vector<std::string> JsonReader::GetStrings(const std::string& key,
                                                const std::vector<std::string>& default_value,
                                                size_t most) {
  const json* value = Find(key);
  if (value == nullptr) return default_value;
  if (IsListOf(*value, most, [](const json& item) { return item.is_string(); })) {
    return value->get<std::vector<std::string>>();
  }
  AddMismatch(key, absl::StrCat("a list of 1 to ", most, " strings"));
  return default_value;
}

std::vector<int64_t> JsonReader::GetIntForEach(const std::string& key, size_t count,
                                               int64_t default_value, const IntRange& range) {
  const std::vector<int64_t> defaults(count, default_value);
  const json* value = Find(key);
  if (value == nullptr) return defaults;
  if (!value->is_array()) return std::vector<int64_t>(count, GetInt(key, default_value, range));
  if (value->size() == count) return GetInts(key, defaults, range);
  AddMismatch(key, absl::StrCat("one integer or a list of ", count, ", one for each block"));
  return defaults;
}

void JsonReader::RequireOneOf(const std::string& key, std::initializer_list<json> supported) {
  const json* value = Find(key);
  if (value == nullptr) return;
  if (std::find(supported.begin(), supported.end(), *value) != supported.end()) return;
  const std::string choices =
      absl::StrJoin(supported, " or ",
                    [](std::string* out, const json& choice) { out->append(ShowJson(choice)); });
  AddProblem(key, absl::StrCat("is ", ShowJson(*value), ", which is not supported: only ", choices,
                               " is"));
}

void JsonReader::Require(const std::string& key) {
  if (!Has(key)) AddProblem(key, "is missing");
}

JsonReader JsonReader::GetObject(const std::string& key) {
  static const json empty = json::object();
  const json* value = Find(key);
  return JsonReader(*this, path_ + key, value == nullptr ? empty : *value);
}

void JsonReader::ForEach(const std::string& key, const ReadElement& read) {
  const json* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_array()) return AddMismatch(key, "a list");
  ForEachOrOne(key, read);
}

void JsonReader::ForEachOrOne(const std::string& key, const ReadElement& read) {
  const json* value = Find(key);
  if (value == nullptr) return;
  if (!value->is_array()) return read(key, *value);
  for (size_t i = 0; i < value->size(); ++i) read(absl::StrCat(key, "[", i, "]"), (*value)[i]);
}

JsonReader JsonReader::ReaderOf(const std::string& name, const json& value) const {
  return JsonReader(*this, path_ + name, value);
}

void JsonReader::RefuseUnknownKeys() {
  if (!object_.is_object()) return;
  for (const auto& [key, value] : object_.items()) {
    if (asked_.count(key) == 0) AddProblem(key, "is not a known key");
  }
}

void JsonReader::AddMismatch(const std::string& key, absl::string_view expected) {
  const json* value = Find(key);
  const std::string is = value == nullptr ? "" : absl::StrCat(", is ", ShowJson(*value));
  AddProblem(key, absl::StrCat("must be ", expected, is));
}

void JsonReader::AddProblem(const std::string& key, absl::string_view what) {
  AddProblem(absl::StrCat("'", path_, key, "' ", what));
}

void JsonReader::AddNoChoice(const std::string& key, absl::Span<const absl::string_view> names) {
  AddProblem(
      key, absl::StrCat("is ", ShowJson(*Find(key)), ", supported: ", absl::StrJoin(names, ", ")));
}

absl::Status JsonReader::status() const {
  if (ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(subject_, ": ", absl::StrJoin(*problems_, "; ")));
}

}  // namespace strobe
