#include "server/options/server_options.h"

#include <unistd.h>

#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

using Variables = std::map<std::string, std::string>;

ParsedCommandLine Parse(const std::vector<std::string>& arguments, Variables variables = {}) {
  return ParseCommandLine(arguments,
                          [variables](const std::string& name) -> std::optional<std::string> {
                            const auto found = variables.find(name);
                            if (found == variables.end()) return std::nullopt;
                            return found->second;
                          });
}

// A config file that lives as long as the test.
class ServerOptionsTest : public testing::Test {
 protected:
  std::string WriteFile(const std::string& text) {
    path_ = testing::TempDir() + "/strobe-options-" + std::to_string(getpid()) + ".ini";
    std::ofstream(path_) << text;
    return path_;
  }
  void TearDown() override {
    if (!path_.empty()) unlink(path_.c_str());
  }

 private:
  std::string path_;
};

TEST_F(ServerOptionsTest, DefaultsAreTheDocumentedOnes) {
  const ParsedCommandLine parsed = Parse({"--model", "m"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  EXPECT_THAT(parsed.options.models, ElementsAre("m"));
  EXPECT_EQ(parsed.options.ports.address, "127.0.0.1:50051");
  EXPECT_EQ(parsed.options.metrics_address, "127.0.0.1:9464");
  EXPECT_EQ(parsed.options.backend.batching.policy.max_batch_size, 16);
  EXPECT_EQ(parsed.options.backend.admission.max_request_duration, absl::Seconds(120));
  EXPECT_EQ(parsed.options.log.format, LogFormat::kJson);
}

TEST_F(ServerOptionsTest, EveryFlagIsRead) {
  const ParsedCommandLine parsed = Parse({"--model",   "a",
                                          "--model=b", "--device",
                                          "cuda:1",    "--dtype",
                                          "bfloat16",  "--threads",
                                          "3",         "--prompt-cache-mb",
                                          "0",         "--address",
                                          "[::1]:0",   "--metrics-address",
                                          "0.0.0.0:1", "--max-batch-size",
                                          "4",         "--queue-capacity",
                                          "10",        "--max-images-per-request",
                                          "2",         "--max-prompt-bytes",
                                          "100",       "--max-request-duration",
                                          "1m30s",     "--caller-inflight-limit",
                                          "5",         "--write-stall-timeout",
                                          "500ms",     "--encode-threads",
                                          "6",         "--drain-delay",
                                          "2s",        "--drain-timeout",
                                          "3s",        "--log-level",
                                          "error",     "--log-format",
                                          "text"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  const ServerOptions& options = parsed.options;
  EXPECT_THAT(options.models, ElementsAre("a", "b"));
  EXPECT_THAT(options.devices, ElementsAre("cuda:1"));
  EXPECT_EQ(options.engine.dtype, "bfloat16");
  EXPECT_EQ(options.engine.threads, 3);
  EXPECT_EQ(options.engine.prompt_cache_mb, 0);
  EXPECT_EQ(options.ports.address, "[::1]:0");
  EXPECT_EQ(options.metrics_address, "0.0.0.0:1");
  EXPECT_EQ(options.backend.batching.policy.max_batch_size, 4);
  EXPECT_EQ(options.backend.admission.queue_capacity, 10);
  EXPECT_EQ(options.requests.max_images_per_request, 2);
  EXPECT_EQ(options.requests.max_prompt_bytes, 100);
  EXPECT_EQ(options.backend.admission.max_request_duration, absl::Seconds(90));
  EXPECT_EQ(options.backend.admission.caller_inflight_limit, 5);
  EXPECT_EQ(options.calls.write_stall_timeout, absl::Milliseconds(500));
  EXPECT_EQ(options.backend.imaging.encode_threads, 6);
  EXPECT_EQ(options.drain_delay, absl::Seconds(2));
  EXPECT_EQ(options.drain_timeout, absl::Seconds(3));
  EXPECT_EQ(options.log.level, LogLevel::kError);
  EXPECT_EQ(options.log.format, LogFormat::kText);
}

TEST_F(ServerOptionsTest, EveryFlagOfAccessIsRead) {
  const ParsedCommandLine parsed =
      Parse({"--model=m", "--tls-certificate=c", "--tls-key=k", "--tls-client-ca=a",
             "--token-file=t", "--max-connections=5", "--max-connections-per-address=6",
             "--health-address=0.0.0.0:1", "--admin-address=[::1]:2", "--embed-prompts"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  const ServerOptions& options = parsed.options;
  EXPECT_EQ(options.access.tls.certificate, "c");
  EXPECT_EQ(options.access.tls.key, "k");
  EXPECT_EQ(options.access.tls.client_ca, "a");
  EXPECT_EQ(options.access.token_file, "t");
  EXPECT_EQ(options.ports.connections.max_connections, 5);
  EXPECT_EQ(options.ports.connections.max_connections_per_address, 6);
  EXPECT_EQ(options.ports.health_address, "0.0.0.0:1");
  EXPECT_EQ(options.ports.admin_address, "[::1]:2");
  EXPECT_TRUE(options.backend.imaging.embed_prompts);
}

TEST_F(ServerOptionsTest, AFlagWithoutAValueMayComeFromTheEnvironment) {
  EXPECT_TRUE(Parse({"--model=m"}, {{"STROBE_EMBED_PROMPTS", "true"}})
                  .options.backend.imaging.embed_prompts);
  EXPECT_FALSE(Parse({"--model=m"}, {{"STROBE_EMBED_PROMPTS", "false"}})
                   .options.backend.imaging.embed_prompts);
}

TEST_F(ServerOptionsTest, MetricsAreTurnedOffByOffOrNothing) {
  EXPECT_EQ(Parse({"--model", "m", "--metrics-address", "off"}).options.metrics_address, "");
  const ParsedCommandLine empty = Parse({"--model", "m", "--metrics-address", ""});
  ASSERT_FALSE(empty.exit_code.has_value()) << empty.text;
  EXPECT_EQ(empty.options.metrics_address, "");
}

TEST_F(ServerOptionsTest, FlagsWinOverTheEnvironmentAndItWinsOverTheFile) {
  const std::string file =
      WriteFile("max-batch-size=1\nqueue-capacity=11\nmax-prompt-bytes=1\nmodel=[\"f1\",\"f2\"]\n");
  const ParsedCommandLine parsed =
      Parse({"--config", file, "--max-batch-size", "3"},
            {{"STROBE_MAX_BATCH_SIZE", "2"}, {"STROBE_QUEUE_CAPACITY", "12"}});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  EXPECT_EQ(parsed.options.backend.batching.policy.max_batch_size, 3);
  EXPECT_EQ(parsed.options.backend.admission.queue_capacity, 12);
  EXPECT_EQ(parsed.options.requests.max_prompt_bytes, 1);
  EXPECT_THAT(parsed.options.models, ElementsAre("f1", "f2"));
}

TEST_F(ServerOptionsTest, TheEnvironmentNamesTheFileAndSeveralModels) {
  const std::string file = WriteFile("drain-timeout=7s\nlog-format=text\n");
  const ParsedCommandLine parsed =
      Parse({}, {{"STROBE_CONFIG", file}, {"STROBE_MODEL", "a:b"}, {"STROBE_THREADS", ""}});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text;
  EXPECT_THAT(parsed.options.models, ElementsAre("a", "b"));
  EXPECT_EQ(parsed.options.drain_timeout, absl::Seconds(7));
  EXPECT_EQ(parsed.options.log.format, LogFormat::kText);
  EXPECT_EQ(parsed.options.engine.threads, 0);
}

TEST_F(ServerOptionsTest, AModelFlagReplacesTheEnvironmentsModels) {
  EXPECT_THAT(Parse({"--model", "x"}, {{"STROBE_MODEL", "a:b"}}).options.models, ElementsAre("x"));
}

TEST_F(ServerOptionsTest, AFlagInTheEnvironmentIsNamedWhenItIsBad) {
  const ParsedCommandLine parsed = Parse({"--model", "m"}, {{"STROBE_MAX_BATCH_SIZE", "many"}});
  EXPECT_EQ(parsed.exit_code, kExitUsage);
  EXPECT_THAT(parsed.text,
              AllOf(HasSubstr("--max-batch-size"), HasSubstr("STROBE_MAX_BATCH_SIZE")));
}

TEST_F(ServerOptionsTest, TheQueueMustHoldTheLargestRequest) {
  EXPECT_FALSE(Parse({"--model", "m", "--queue-capacity", "8"}).exit_code.has_value());
  const ParsedCommandLine parsed = Parse({"--model", "m"}, {{"STROBE_QUEUE_CAPACITY", "7"}});
  EXPECT_EQ(parsed.exit_code, kExitUsage);
  EXPECT_EQ(parsed.text,
            "strobe-server: --queue-capacity: 7 is less than --max-images-per-request, 8: the "
            "largest request could never be admitted (set by STROBE_QUEUE_CAPACITY) (see "
            "strobe-server --help)\n");
}

struct BadCase {
  std::vector<std::string> arguments;
  std::string named;  // what the message must say
};

class BadOptionsTest : public testing::TestWithParam<BadCase> {};

TEST_P(BadOptionsTest, IsRefusedWithOneLineThatNamesTheFlag) {
  std::vector<std::string> arguments = {"--model", "m"};
  arguments.insert(arguments.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  const ParsedCommandLine parsed = Parse(arguments);
  EXPECT_EQ(parsed.exit_code, kExitUsage);
  EXPECT_THAT(parsed.text,
              AllOf(StartsWith("strobe-server: "), EndsWith("\n"), HasSubstr(GetParam().named)));
  EXPECT_EQ(std::count(parsed.text.begin(), parsed.text.end(), '\n'), 1) << parsed.text;
}

INSTANTIATE_TEST_SUITE_P(
    All, BadOptionsTest,
    testing::Values(BadCase{{"--max-batch-size", "0"}, "--max-batch-size"},
                    BadCase{{"--max-batch-size", "-1"}, "--max-batch-size"},
                    BadCase{{"--max-batch-size", "99999999999999999999"}, "--max-batch-size"},
                    BadCase{{"--max-batch-size"}, "--max-batch-size"},
                    BadCase{{"--queue-capacity", "x"}, "--queue-capacity"},
                    BadCase{{"--queue-capacity", "7"}, "--max-images-per-request"},
                    BadCase{{"--max-images-per-request", "257"}, "--queue-capacity"},
                    BadCase{{"--address", "localhost"}, "--address"},
                    BadCase{{"--address", "localhost:65536"}, "--address"},
                    BadCase{{"--address", ":1"}, "--address"},
                    BadCase{{"--metrics-address", "x"}, "--metrics-address"},
                    BadCase{{"--admin-address", "0.0.0.0:1"}, "--admin-address"},
                    BadCase{{"--admin-address", "10.0.0.1:1"}, "--admin-address"},
                    BadCase{{"--health-address", "x"}, "--health-address"},
                    BadCase{{"--tls-certificate", "c"}, "--tls-key"},
                    BadCase{{"--tls-key", "k"}, "--tls-certificate"},
                    BadCase{{"--tls-client-ca", "a"}, "--tls-certificate"},
                    BadCase{{"--max-connections", "-1"}, "--max-connections"},
                    BadCase{{"--device", "gpu"}, "--device"},
                    BadCase{{"--device", "cuda:-1"}, "--device"},
                    BadCase{{"--dtype", "int8"}, "--dtype"},
                    BadCase{{"--drain-timeout", "30"}, "--drain-timeout"},
                    BadCase{{"--drain-timeout", "-1s"}, "--drain-timeout"},
                    BadCase{{"--drain-timeout", "inf"}, "--drain-timeout"},
                    BadCase{{"--max-request-duration", "0s"}, "--max-request-duration"},
                    BadCase{{"--log-level", "loud"}, "--log-level"},
                    BadCase{{"--log-format", "xml"}, "--log-format"},
                    BadCase{{"--no-such-flag"}, "--no-such-flag"}, BadCase{{"stray"}, "stray"},
                    BadCase{{"--config", "/no/such/file.ini"}, "/no/such/file.ini"}));

TEST_F(ServerOptionsTest, AModelIsRequired) {
  const ParsedCommandLine parsed = Parse({});
  EXPECT_EQ(parsed.exit_code, kExitUsage);
  EXPECT_THAT(parsed.text, HasSubstr("--model"));
}

TEST_F(ServerOptionsTest, AnUnknownNameInTheFileIsRefused) {
  const ParsedCommandLine parsed =
      Parse({"--model", "m", "--config", WriteFile("max-batchsize=3\n")});
  EXPECT_EQ(parsed.exit_code, kExitUsage);
  EXPECT_THAT(parsed.text, HasSubstr("max-batchsize"));
}

TEST_F(ServerOptionsTest, HelpNamesEveryFlagWithItsDefaultAndTheExitCodes) {
  const ParsedCommandLine parsed = Parse({"--help"});
  EXPECT_EQ(parsed.exit_code, kExitOk);
  for (const char* part : {"--model",
                           "--address",
                           "127.0.0.1:50051",
                           "--metrics-address",
                           "--health-address",
                           "--admin-address",
                           "--tls-certificate",
                           "--tls-key",
                           "--tls-client-ca",
                           "--token-file",
                           "--max-connections",
                           "--max-connections-per-address",
                           "--embed-prompts",
                           "--device",
                           "--dtype",
                           "--threads",
                           "--max-batch-size",
                           "--queue-capacity",
                           "256",
                           "--max-images-per-request",
                           "--max-prompt-bytes",
                           "2048",
                           "--max-request-duration",
                           "2m",
                           "--caller-inflight-limit",
                           "--write-stall-timeout",
                           "--encode-threads",
                           "--prompt-cache-mb",
                           "--drain-delay",
                           "--drain-timeout",
                           "30s",
                           "--log-level",
                           "--log-format",
                           "--config",
                           "--version",
                           "STROBE_",
                           "Exit codes"}) {
    EXPECT_THAT(parsed.text, HasSubstr(part));
  }
}

TEST_F(ServerOptionsTest, VersionIsPrinted) {
  const ParsedCommandLine parsed = Parse({"--version"});
  EXPECT_EQ(parsed.exit_code, kExitOk);
  EXPECT_THAT(parsed.text, StartsWith("strobe-server 0."));
}

}  // namespace
}  // namespace strobe::server
