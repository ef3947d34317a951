#include "server/observability/logging.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::server {
namespace {

LogRecord RecordWith(std::vector<LogField> fields) {
  return {absl::FromUnixMillis(1700000000123), LogLevel::kInfo, "serving", std::move(fields)};
}

TEST(LoggingTest, JsonLineHasTimeLevelMessageAndFieldsInOrder) {
  const LogRecord record = RecordWith({{"port", 50051},
                                       {"device", "cpu"},
                                       {"warm", true},
                                       {"seconds", 0.5},
                                       {"models", std::vector<std::string>{"a", "b"}}});
  EXPECT_EQ(FormatLogRecord(record, LogFormat::kJson),
            R"({"ts":"2023-11-14T22:13:20.123Z","level":"info","msg":"serving","port":50051,)"
            R"("device":"cpu","warm":true,"seconds":0.5,"models":["a","b"]})");
}

TEST(LoggingTest, TextLineQuotesOnlyWhatNeedsIt) {
  const LogRecord record = RecordWith({{"port", 50051}, {"device", "cpu"}, {"why", "no room"}});
  EXPECT_EQ(FormatLogRecord(record, LogFormat::kText),
            "2023-11-14T22:13:20.123Z info serving port=50051 device=cpu why=\"no room\"");
}

TEST(LoggingTest, NoValueCanForgeASecondLine) {
  LogRecord record = RecordWith({{"agent", "x\n{\"level\":\"error\"}\r\x1b[31m"}});
  record.message = "line\nbreak";
  for (const LogFormat format : {LogFormat::kJson, LogFormat::kText}) {
    const std::string line = FormatLogRecord(record, format);
    EXPECT_THAT(line, testing::Not(testing::ContainsRegex("[\n\r\x1b]"))) << line;
  }
}

TEST(LoggingTest, BytesThatAreNotUtf8AreReplaced) {
  const std::string line =
      FormatLogRecord(RecordWith({{"id", std::string("a\xff") + "b"}}), LogFormat::kJson);
  EXPECT_THAT(line, testing::HasSubstr(R"("id":"a\ufffdb")"));
}

TEST(LoggingTest, NotANumberBecomesNullInJson) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(FormatLogRecord(RecordWith({{"seconds", nan}}), LogFormat::kJson),
              testing::HasSubstr(R"("seconds":null)"));
}

TEST(LoggingTest, OnlyLevelsFromTheConfiguredOneAreWritten) {
  ConfigureLogging({LogLevel::kWarning, LogFormat::kJson});
  testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "quiet");
  Log(LogLevel::kError, "loud", {{"code", 7}});
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_THAT(written, testing::Not(testing::HasSubstr("quiet")));
  EXPECT_THAT(written, testing::HasSubstr(R"("level":"error","msg":"loud","code":7})"));

  ConfigureLogging({LogLevel::kOff, LogFormat::kJson});
  testing::internal::CaptureStderr();
  Log(LogLevel::kError, "loud");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ConfigureLogging({});
}

}  // namespace
}  // namespace strobe::server
