#include "server/observability/logging.h"

#include <algorithm>
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

constexpr std::array<absl::string_view, 5> kLevelNames = {"debug", "info", "warning", "error",
                                                          "off"};

std::atomic<LogLevel> least_level{LogOptions().level};
std::atomic<LogFormat> log_format{LogOptions().format};

std::string UtcMilliseconds(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string Dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace);
}

// Printable ASCII that means itself between quotes.
bool IsPlain(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isprint(c) && c != '"' && c != '\\';
  });
}

std::string ToJson(const LogField::Value& value) {
  // Most values by far; the library's way takes several times as long, and each request is a line.
  if (const auto* text = std::get_if<std::string>(&value); text != nullptr && IsPlain(*text)) {
    return absl::StrCat("\"", *text, "\"");
  }
  if (const auto* number = std::get_if<int64_t>(&value)) return absl::StrCat(*number);
  return std::visit([](const auto& v) { return Dump(v); }, value);
}

std::string FormatJson(const LogRecord& record) {
  std::string line =
      absl::StrCat("{\"ts\":\"", UtcMilliseconds(record.time), "\",\"level\":\"",
                   LogLevelName(record.level), "\",\"msg\":", ToJson(record.message));
  for (const LogField& field : record.fields) {
    absl::StrAppend(&line, ",", ToJson(field.key), ":", ToJson(field.value));
  }
  line.push_back('}');
  return line;
}

bool NeedsQuotes(absl::string_view text) {
  return text.empty() || !IsPlain(text) || text.find_first_of(" =") != absl::string_view::npos;
}

std::string FormatText(const LogRecord& record) {
  std::string line = absl::StrCat(UtcMilliseconds(record.time), " ", LogLevelName(record.level),
                                  " ", absl::Utf8SafeCEscape(record.message));
  for (const LogField& field : record.fields) {
    absl::StrAppend(&line, " ", field.key, "=");
    const auto* text = std::get_if<std::string>(&field.value);
    absl::StrAppend(&line, text != nullptr && !NeedsQuotes(*text) ? *text : ToJson(field.value));
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
