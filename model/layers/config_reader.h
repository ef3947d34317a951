// Reads the config.json of a network and collects everything that is wrong with it.

#ifndef STROBE_MODEL_LAYERS_CONFIG_READER_H_
#define STROBE_MODEL_LAYERS_CONFIG_READER_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"

namespace strobe::model {

// The integers that a key may hold, both ends included.
struct IntRange {
  int64_t min = 1;
  int64_t max = 1 << 14;
};

// Each getter returns the key's value, or the default when the key is missing. A value of the wrong
// type or out of range is noted, and the default returned, so that one `status()` names every
// problem. Other keys are ignored. Not thread-safe; keeps a reference to the config.
class ConfigReader {
 public:
  // `class_name` starts the error. A config that is no object is a problem itself.
  ConfigReader(std::string class_name, const nlohmann::json& config);

  int64_t GetInt(const std::string& key, int64_t default_value, const IntRange& range = {});
  double GetDouble(const std::string& key, double default_value);  // must be finite
  bool GetBool(const std::string& key, bool default_value);

  // A list of 1..16 entries.
  std::vector<int64_t> GetInts(const std::string& key, const std::vector<int64_t>& default_value,
                               const IntRange& range = {});
  std::vector<std::string> GetStrings(const std::string& key,
                                      const std::vector<std::string>& default_value);

  // One integer for all `count` blocks, or a list of one for each.
  std::vector<int64_t> GetIntForEach(const std::string& key, size_t count, int64_t default_value,
                                     const IntRange& range = {});

  // For options that strobe knows but cannot vary: the key is missing or one of `supported`.
  void RequireOneOf(const std::string& key, std::initializer_list<nlohmann::json> supported);

  void AddProblem(std::string problem);
  bool ok() const { return problems_.empty(); }

  // OK, or INVALID_ARGUMENT with every problem.
  absl::Status status() const;

 private:
  const nlohmann::json* Find(const std::string& key) const;
  void AddMismatch(const std::string& key, const std::string& expected);
  static bool IsIntIn(const nlohmann::json& value, const IntRange& range);

  std::string class_name_;
  const nlohmann::json& config_;
  std::vector<std::string> problems_;
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_LAYERS_CONFIG_READER_H_
