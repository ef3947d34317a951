#include "client/commands/command_line.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

CommandLine Parse(const std::string& words) { return ParseCommandLine(absl::StrSplit(words, ' ')); }

TEST(CommandLineTest, KnowsEachSubcommandAndItsConnection) {
  const std::pair<const char*, Subcommand> subcommands[] = {
      {"generate cat --address h:1", Subcommand::kGenerate},
      {"live --address h:1", Subcommand::kLive},
      {"health --address h:1", Subcommand::kHealth},
      {"models --address h:1", Subcommand::kModels},
      {"bench --address h:1", Subcommand::kBench}};
  for (const auto& [words, subcommand] : subcommands) {
    const CommandLine line = Parse(words);
    ASSERT_FALSE(line.exit_code.has_value()) << line.text;
    EXPECT_EQ(line.subcommand, subcommand) << words;
    EXPECT_EQ(line.connection().address, "h:1") << words;
  }
}

TEST(CommandLineTest, WithoutASubcommandOrWithTwoItIsWrong) {
  EXPECT_THAT(ParseCommandLine({}).text, HasSubstr("one subcommand is required"));
  EXPECT_EQ(ParseCommandLine({}).exit_code, kExitUsage);
  EXPECT_EQ(Parse("health models").exit_code, kExitUsage);
}

TEST(CommandLineTest, HelpOfASubcommandIsItsOwn) {
  const CommandLine line = Parse("bench --help");
  EXPECT_EQ(line.exit_code, kExitOk);
  EXPECT_THAT(line.text, HasSubstr("--concurrency-range"));
  EXPECT_THAT(Parse("--help").text, StartsWith("strobe-client makes pictures"));
  EXPECT_EQ(Parse("--version").text, STROBE_VERSION "\n");
}

TEST(CommandLineTest, AUsageErrorIsOneLineThatNamesTheFlagAndTheChoices) {
  EXPECT_EQ(
      Parse("generate cat --preview ascii").text,
      "strobe-client: --preview: ascii not in {auto,never,blocks,kitty,sixel} (see strobe-client "
      "generate --help)\n");
  EXPECT_EQ(Parse("generate cat --format tiff").text,
            "strobe-client: --format: tiff not in {png,jpeg,jpg,webp,raw} (see strobe-client "
            "generate --help)\n");
  EXPECT_EQ(Parse("--loud").text,
            "strobe-client: The following argument was not expected: --loud (see strobe-client "
            "--help)\n");
  EXPECT_EQ(ParseCommandLine({"--lo\nud"}).text,
            "strobe-client: The following argument was not expected: --lo ud (see strobe-client "
            "--help)\n");
}

TEST(CommandLineTest, NumbersThatAreNoneAreRefused) {
  for (const char* wrong :
       {"bench --percentile nan", "bench --pixel-check nan", "bench --arrival-smoothness nan",
        "bench --stability-percentage nan", "bench --percentile 0.5", "bench --pixel-check 1.01"}) {
    EXPECT_EQ(Parse(wrong).exit_code, kExitUsage) << wrong;
  }
  EXPECT_EQ(Parse("bench --percentile 99.9").bench.windows.percentile, 99.9);
}

TEST(CommandLineTest, LoadsWithoutEndAreRefused) {
  for (const char* wrong :
       {"bench --request-rate-range 1:1e9:1e-300", "bench --request-count 18446744073709551615",
        "bench --request-rate-range 5:1", "bench --concurrency-range 0"}) {
    EXPECT_EQ(Parse(wrong).exit_code, kExitUsage) << wrong;
  }
}

TEST(CommandLineTest, TheFlagWinsOverTheEnvironmentAndThatOverTheDefault) {
  setenv("STROBE_ADDRESS", "fromenv:1", 1);
  EXPECT_EQ(Parse("models").connection().address, "fromenv:1");
  EXPECT_EQ(Parse("generate cat --address flag:2").connection().address, "flag:2");
  unsetenv("STROBE_ADDRESS");
  EXPECT_EQ(Parse("health").connection().address, "127.0.0.1:50051");
}

TEST(CommandLineTest, AnEmptyAddressIsRefused) {
  EXPECT_EQ(ParseCommandLine({"health", "--address", ""}).exit_code, kExitUsage);
}

}  // namespace
}  // namespace strobe::client
