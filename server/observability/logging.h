// The server's log: one line an event on stderr, JSON for machines or text for people.

#ifndef STROBE_SERVER_OBSERVABILITY_LOGGING_H_
#define STROBE_SERVER_OBSERVABILITY_LOGGING_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace strobe::server {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };
enum class LogFormat { kJson, kText };

// "debug", "info", "warning", "error" and "off".
absl::string_view LogLevelName(LogLevel level);

// One named value beside the message. Prompts and other texts of callers never go in; a request is
// named by its id.
struct LogField {
  using Value = std::variant<bool, int64_t, double, std::string, std::vector<std::string>>;

  template <std::integral Int>
  LogField(absl::string_view key, Int value) : key(key) {
    if constexpr (std::same_as<Int, bool>) {
      this->value = value;
    } else {
      this->value = static_cast<int64_t>(value);
    }
  }
  LogField(absl::string_view key, double value) : key(key), value(value) {}
  LogField(absl::string_view key, absl::string_view value) : key(key), value(std::string(value)) {}
  LogField(absl::string_view key, const std::string& value) : key(key), value(value) {}
  LogField(absl::string_view key, const char* value) : key(key), value(std::string(value)) {}
  LogField(absl::string_view key, std::vector<std::string> value)
      : key(key), value(std::move(value)) {}

  std::string key;
  Value value;
};

// A log event before it is written.
struct LogRecord {
  absl::Time time;
  LogLevel level = LogLevel::kInfo;
  std::string message;
  std::vector<LogField> fields;
};

// One line without its line break. JSON: {"ts":RFC 3339 UTC with
// milliseconds,"level":...,"msg":...} and then the fields in order. Text: time, level, message,
// key=value. Line breaks, control characters and bytes that are not UTF-8 are escaped or replaced
// in both, so that no value can forge a second line. JSON has no NaN and no infinity: they become
// null.
std::string FormatLogRecord(const LogRecord& record, LogFormat format);

// What can be set about the log.
struct LogOptions {
  LogLevel level = LogLevel::kInfo;  // the least that is logged
  LogFormat format = LogFormat::kJson;
};

// Sets what the process logs from here on; the defaults before. Thread-safe.
void ConfigureLogging(const LogOptions& options);

// Writes one line to stderr when `level` is at or above the configured one. Thread-safe.
void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields = {});

}  // namespace strobe::server

#endif  // STROBE_SERVER_OBSERVABILITY_LOGGING_H_
