// Reads a JSON object and collects everything that is wrong with it.

#ifndef STROBE_BASE_JSON_READER_H_
#define STROBE_BASE_JSON_READER_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace strobe {

// INVALID_ARGUMENT when `text` is not JSON: "<subject>: is not valid JSON".
absl::StatusOr<nlohmann::json> ParseJson(absl::string_view text, absl::string_view subject);

// Text of a value for an error: ASCII, and cut where it is long.
std::string ShowJson(const nlohmann::json& value);

// Both ends included.
struct IntRange {
  int64_t min = 1;
  int64_t max = 1 << 14;
};
struct NumberRange {
  double min = 0.0;
  double max = 1.0;
};

// The getters return the key's value, or the default when the key is missing. A value of the wrong
// type or out of range is noted, and the default returned, so that one `status()` names every
// problem with its path: "'classes[1].weight' must be a number from 0 to 1, is -1". Not
// thread-safe; keeps a reference to the JSON.
class JsonReader {
 public:
  enum class Null { kIsAValue, kIsMissing };

  static constexpr size_t kMostEntries = 16;  // of a list, where no other bound is given

  // `subject` starts the error: a file or a class. What is no object is a problem itself.
  JsonReader(std::string subject, const nlohmann::json& object, Null null = Null::kIsAValue);

  bool Has(const std::string& key) const { return Find(key) != nullptr; }

  int64_t GetInt(const std::string& key, int64_t default_value, const IntRange& range = {});
  uint64_t GetUint64(const std::string& key, uint64_t default_value);
  double GetDouble(const std::string& key, double default_value);  // must be finite
  double GetDouble(const std::string& key, double default_value, const NumberRange& range);
  bool GetBool(const std::string& key, bool default_value);
  std::string GetString(const std::string& key, const std::string& default_value);
  std::string GetNonEmptyString(const std::string& key, const std::string& default_value);

  // A list of 1 to `most` entries.
  std::vector<int64_t> GetInts(const std::string& key, const std::vector<int64_t>& default_value,
                               const IntRange& range = {}, size_t most = kMostEntries);
  std::vector<std::string> GetStrings(const std::string& key,
                                      const std::vector<std::string>& default_value,
                                      size_t most = kMostEntries);

  // One integer for all `count` blocks, or a list of one for each.
  std::vector<int64_t> GetIntForEach(const std::string& key, size_t count, int64_t default_value,
                                     const IntRange& range = {});

  // One of the names.
  template <typename T>
  T GetChoice(const std::string& key, std::initializer_list<std::pair<const char*, T>> choices,
              T default_value) {
    const nlohmann::json* value = Find(key);
    if (value == nullptr) return default_value;
    std::vector<absl::string_view> names;
    for (const auto& [name, choice] : choices) {
      if (*value == name) return choice;
      names.push_back(name);
    }
    AddNoChoice(key, names);
    return default_value;
  }

  // For options that strobe knows but cannot vary: the key is missing or one of `supported`.
  void RequireOneOf(const std::string& key, std::initializer_list<nlohmann::json> supported);

  // The key must be there.
  void Require(const std::string& key);

  // The object at `key`, whose problems go to this reader; empty when the key is missing.
  JsonReader GetObject(const std::string& key);

  // Calls `read` with the name, 'key[0]' say, and the value of each element of the list at `key`.
  // ForEachOrOne takes a value that is no list for a list of that value.
  using ReadElement = std::function<void(const std::string& name, const nlohmann::json& value)>;
  void ForEach(const std::string& key, const ReadElement& read);
  void ForEachOrOne(const std::string& key, const ReadElement& read);

  // Of an element that ForEach gave: an object whose problems go to this reader.
  JsonReader ReaderOf(const std::string& name, const nlohmann::json& value) const;

  // A key that was not asked for is a problem. Called last.
  void RefuseUnknownKeys();

  // For keys that no getter fits; null when the key is missing.
  const nlohmann::json* Find(const std::string& key) const;

  // "'key' must be <expected>, is <value>".
  void AddMismatch(const std::string& key, absl::string_view expected);
  // "'key' <what>".
  void AddProblem(const std::string& key, absl::string_view what);
  // A problem of no one key.
  void AddProblem(std::string problem) { problems_->push_back(std::move(problem)); }

  bool ok() const { return problems_->empty(); }

  // OK, or INVALID_ARGUMENT with every problem.
  absl::Status status() const;

 private:
  using Problems = std::shared_ptr<std::vector<std::string>>;

  JsonReader(const JsonReader& parent, std::string path, const nlohmann::json& object);
  void AddNoChoice(const std::string& key, absl::Span<const absl::string_view> names);

  std::string subject_;
  std::string path_;  // of this object, with a dot behind it; empty: the root
  const nlohmann::json& object_;
  Null null_;
  Problems problems_;
  mutable std::set<std::string> asked_;
};

}  // namespace strobe

#endif  // STROBE_BASE_JSON_READER_H_
