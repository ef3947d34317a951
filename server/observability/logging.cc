#include "server/observability/logging.h"

#include <array>
#include <atomic>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "server/base/clock.h"

namespace strobe::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<absl::string_view, 5> kLevelNames = {"debug", "info", "warning", "error",
                                                          "off"};

std::atomic<LogLevel> least_level{LogOptions().level};
std::atomic<LogFormat> log_format{LogOptions().format};

std::string UtcMilliseconds(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

Json ToJson(const LogField::Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

std::string FormatJson(const LogRecord& record) {
  Json line;
  line["ts"] = UtcMilliseconds(record.time);
  line["level"] = std::string(LogLevelName(record.level));
  line["msg"] = record.message;
  for (const LogField& field : record.fields) line[field.key] = ToJson(field.value);
  return Dump(line);
}

bool NeedsQuotes(const std::string& text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c)) || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return false;
}

std::string FormatText(const LogRecord& record) {
  std::string line = absl::StrCat(UtcMilliseconds(record.time), " ", LogLevelName(record.level),
                                  " ", absl::Utf8SafeCEscape(record.message));
  for (const LogField& field : record.fields) {
    absl::StrAppend(&line, " ", field.key, "=");
    const auto* text = std::get_if<std::string>(&field.value);
    absl::StrAppend(&line,
                    text != nullptr && !NeedsQuotes(*text) ? *text : Dump(ToJson(field.value)));
  }
  return line;
}

// In one piece: stdio locks its stream for the call, and stderr has no buffer.
void WriteLine(std::string line) {
  line.push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

absl::string_view LogLevelName(LogLevel level) { return kLevelNames[static_cast<int>(level)]; }

std::string FormatLogRecord(const LogRecord& record, LogFormat format) {
  return format == LogFormat::kJson ? FormatJson(record) : FormatText(record);
}

void ConfigureLogging(const LogOptions& options) {
  least_level = options.level;
  log_format = options.format;
}

void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  if (level < least_level.load() || level == LogLevel::kOff) return;
  const LogRecord record = {Clock::Real().Now(), level, std::string(message), fields};
  WriteLine(FormatLogRecord(record, log_format.load()));
}

}  // namespace strobe::server
