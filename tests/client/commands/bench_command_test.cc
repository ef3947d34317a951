#include "client/commands/bench_command.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/file_io.h"
#include "client/commands/bench_flags.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/commands/commands_test_base.h"
#include "workload/workload_file.h"

namespace strobe::client {
namespace {

using ::testing::HasSubstr;

class BenchCommandTest : public CommandsTest {
 protected:
  BenchCommandTest() {
    service_.events = {AcceptedEvent("id"), ImageEvent(0, 7, "png bytes"), CompletedEvent(1)};
  }

  // The exit status of `bench` with these flags; a usage error is one of CLI11's.
  int Bench(std::vector<std::string> flags) {
    CLI::App app;
    BenchOptions options;
    AddBenchCommand(app, options);
    flags.insert(flags.begin(), {"bench", "--output", directory_, "--pixel-check", "0",
                                 "--warmup-request-count", "1", "--address", server_.address});
    try {
      app.parse(std::vector<std::string>(flags.rbegin(), flags.rend()));
    } catch (const CLI::ParseError& error) {
      err_ << error.what();
      return kExitUsage;
    }
    return RunBench(options, context_);
  }

  // The first column of requests.csv, equal neighbours once.
  static std::vector<std::string> AddressesOf(const std::string& csv) {
    std::vector<std::string> lines = absl::StrSplit(csv, '\n', absl::SkipEmpty());
    std::vector<std::string> addresses;
    for (size_t i = 1; i < lines.size(); ++i) {
      addresses.push_back(lines[i].substr(0, lines[i].find(',')));
    }
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    return addresses;
  }

  nlohmann::json Summary() const {
    return nlohmann::json::parse(*ReadFile(directory_ + "/summary.json"));
  }
};

TEST_F(BenchCommandTest, MeasuresAndWritesTheFiles) {
  EXPECT_EQ(Bench({"--concurrency-range", "2", "--request-count", "20", "--steps", "2"}), kExitOk)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("concurrency 2"));
  EXPECT_THAT(out_.str(), HasSubstr("OK 20"));
  EXPECT_EQ(Summary().at("levels").at(0).at("runs").at(0).at("all").at("requests"), 20);
  for (const char* file : {"requests.csv", "report.html"}) {
    EXPECT_GT(std::filesystem::file_size(directory_ + "/" + file), 1000u);
  }
  EXPECT_THAT(*ReadFile(directory_ + "/hist.hgrm"), HasSubstr("Total count    =           20]"));
  EXPECT_EQ(service_.requests.at(0).num_inference_steps(), 2);
}

TEST_F(BenchCommandTest, ARangeIsRunLoadByLoad) {
  EXPECT_EQ(Bench({"--concurrency-range", "1:3", "--request-count", "4"}), kExitOk);
  EXPECT_EQ(Summary().at("levels").size(), 3u);
  EXPECT_THAT(err_.str(), HasSubstr("concurrency 3: "));
}

TEST_F(BenchCommandTest, ASearchFindsTheHighestLoadAndConfirmsIt) {
  EXPECT_EQ(Bench({"--concurrency-range", "1:4", "--request-count", "4", "--binary-search",
                   "--latency-threshold", "1m"}),
            kExitOk);
  EXPECT_EQ(Summary().at("highest_load"), 4);
  EXPECT_EQ(Summary().at("levels").size(), 2u + kConfirmations);
  EXPECT_THAT(out_.str(), HasSubstr("highest load that meets the threshold: concurrency 4"));
}

TEST_F(BenchCommandTest, TwoServersAreLoadedInTurnsAndCompared) {
  FakeImageService other_service;
  other_service.events = service_.events;
  const FakeServer other(other_service);
  EXPECT_EQ(Bench({"--concurrency-range", "2", "--request-count", "10", "--repeats", "4",
                   "--compare-address", other.address}),
            kExitOk)
      << err_.str();
  EXPECT_EQ(service_.requests.size(), 44u) << "with one of each run to warm up";
  EXPECT_EQ(other_service.requests.size(), 44u);
  EXPECT_EQ(AddressesOf(*ReadFile(directory_ + "/requests.csv")),
            (std::vector<std::string>{server_.address, other.address, server_.address,
                                      other.address, server_.address}))
      << "A, B B, A A, B B, A";
  const auto ratio = Summary().at("compared_levels").at(0).at("ratios").at("throughput");
  EXPECT_EQ(ratio.at("runs"), 4);
  EXPECT_GT(ratio.at("mean"), ratio.at("interval").at(0));
  EXPECT_LT(ratio.at("mean"), ratio.at("interval").at(1));
  EXPECT_EQ(Summary().at("provenance").at("servers").at(1).at("address"), other.address);
  EXPECT_THAT(out_.str(), HasSubstr("compared with " + other.address));
  EXPECT_TRUE(std::filesystem::exists(directory_ + "/hist-compared.hgrm"));
}

TEST_F(BenchCommandTest, ASecondServerThatIsNotThereIsExplainedBeforeAnyLoad) {
  EXPECT_EQ(Bench({"--request-count", "3", "--repeats", "2", "--compare-address", "127.0.0.1:1"}),
            kExitNotServing);
  EXPECT_TRUE(service_.requests.empty());
}

TEST_F(BenchCommandTest, RefusedRequestsAreSentAgainWhenAskedFor) {
  service_.refusals = 2;
  EXPECT_EQ(Bench({"--request-count", "3", "--max-attempts", "3"}), kExitOk);
  EXPECT_EQ(service_.requests.size(), 4u + 2u) << "one warms up";
}

TEST_F(BenchCommandTest, AConditionThatHoldsFailsTheBenchmark) {
  EXPECT_EQ(Bench({"--request-count", "5", "--fail-if", "p99>1h", "--fail-if", "errors>0"}),
            kExitOk);
  EXPECT_EQ(Bench({"--request-count", "5", "--fail-if", "throughput>0"}), kExitConditionHolds);
  EXPECT_THAT(out_.str(), HasSubstr("FAILED: throughput>0 holds at concurrency 1: "));
  EXPECT_EQ(Summary().at("failed_conditions").size(), 1u);
}

TEST_F(BenchCommandTest, WhenNothingSucceedsTheErrorDecides) {
  service_.events.clear();
  service_.status = {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"};
  EXPECT_EQ(Bench({"--request-count", "3"}), kExitOverloaded);
  EXPECT_THAT(out_.str(), HasSubstr("RESOURCE_EXHAUSTED: full"));
}

TEST_F(BenchCommandTest, AServerThatIsNotThereIsExplainedBeforeAnyLoad) {
  server_.Leave();
  EXPECT_EQ(Bench({"--request-count", "3"}), kExitNotServing);
  EXPECT_THAT(err_.str(), HasSubstr("--address"));
  EXPECT_FALSE(std::filesystem::exists(directory_));
}

TEST_F(BenchCommandTest, JsonIsAllThatIsPrinted) {
  EXPECT_EQ(Bench({"--request-count", "3", "--json"}), kExitOk);
  EXPECT_EQ(nlohmann::json::parse(out_.str()).at("schema_version"), 1);
}

TEST_F(BenchCommandTest, MixedWorkloadsComeFromAFile) {
  std::filesystem::create_directories(directory_);
  const std::string path = directory_ + "/mix.json";
  std::ofstream(path) << R"({"classes": [{"name": "a", "steps": 1}, {"name": "b", "steps": 2}]})";
  EXPECT_EQ(Bench({"--workload", path, "--request-count", "40"}), kExitOk) << err_.str();
  const auto run = Summary().at("levels").at(0).at("runs").at(0);
  EXPECT_EQ(run.at("classes").size(), 2u);
  EXPECT_EQ(run.at("step_counts").size(), 2u);
}

TEST_F(BenchCommandTest, WrongUsageIsOneClearLine) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"--concurrency-range", "4:1"}, "no range"},
      {{"--concurrency-range", "1.5"}, "whole"},
      {{"--request-rate-range", "0"}, "no range"},
      {{"--concurrency-range", "1", "--request-rate-range", "1"}, "only one of"},
      {{"--offline"}, "--request-count"},
      {{"--binary-search"}, "--latency-threshold"},
      {{"--fail-if", "p99"}, "no comparison"},
      {{"--request-distribution", "uniform"}, "uniform"},
      {{"--workload", "/nowhere.json"}, "/nowhere.json"},
      {{"--size", "64x"}, "64x"},
      {{"--compare-address", "a:1"}, "--repeats"},
      {{"--compare-metrics-url", "http://a:1"}, "--compare-address"},
      {{"--max-attempts", "0"}, "--max-attempts"},
      {{"--measurement-interval", "0"}, "above 0"}};
  for (const auto& [flags, what] : cases) {
    err_.str("");
    EXPECT_EQ(Bench(flags), kExitUsage) << what;
    EXPECT_THAT(err_.str(), HasSubstr(what));
  }
  EXPECT_TRUE(service_.requests.empty());
}

}  // namespace
}  // namespace strobe::client
