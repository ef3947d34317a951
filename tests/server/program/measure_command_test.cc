#include "server/program/measure_command.h"

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/file_io.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/program/simulate_command.h"
#include "server/simulation/cost_file.h"
#include "tests/fakes/fake_stage_engine.h"
#include "workload/workload_file.h"

namespace strobe::server {
namespace {

using ::testing::HasSubstr;

class MeasureCommandTest : public ::testing::Test {
 protected:
  int Measure(std::vector<std::string> arguments) {
    return RunMeasureCommand(
        arguments,
        [](const ServerOptions&) -> EngineFactory {
          return [](const std::string&, const std::vector<ModelSource>&,
                    const EngineReports&) -> absl::StatusOr<std::unique_ptr<StageEngine>> {
            return std::make_unique<FakeStageEngine>();
          };
        },
        out_, err_);
  }

  int Simulate(std::vector<std::string> arguments) {
    return RunSimulateCommand(arguments, out_, err_);
  }

  const std::string path_ =
      (std::filesystem::path(::testing::TempDir()) / "measured_costs.json").string();
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(MeasureCommandTest, WhatItWritesIsWhatSimulateReads) {
  ASSERT_EQ(
      Measure({"--model", "any", "--output", path_, "--max-batch-size", "4", "--log-level", "off"}),
      kExitOk)
      << err_.str();
  const auto file = ParseCostFile(*ReadFile(path_));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->max_batch_size, 4);
  EXPECT_EQ(file->models.at(0).description().name, "fake");
  EXPECT_EQ(file->costs.of(0).Points().size(), 16u) << "4 stages x 4 batch sizes";

  EXPECT_EQ(Simulate({"--cost-model", path_, "--request-rate", "10", "--request-count", "1000",
                      "--latency-threshold", "1m", "--find-replicas"}),
            kExitOk)
      << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("replicas needed for p99 of at most 60000.0 ms: 1\n"));
}

TEST_F(MeasureCommandTest, WrongUsageIsOneClearLine) {
  EXPECT_EQ(Measure({"--model", "any"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--output"));
  EXPECT_EQ(Measure({"--output", path_}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--model is required"));
  EXPECT_EQ(Measure({"--output", "/nowhere/costs.json", "--model", "any", "--log-level", "off"}),
            kExitFailed);
  EXPECT_THAT(err_.str(), HasSubstr("cannot write /nowhere/costs.json"));
}

TEST_F(MeasureCommandTest, SimulateSaysWhatIsMissing) {
  EXPECT_EQ(Simulate({"--request-rate", "1"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--cost-model"));
  EXPECT_EQ(Simulate({"--cost-model", "/nowhere.json", "--request-rate", "1"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("/nowhere.json"));
  EXPECT_EQ(Simulate({"--cost-model", "c", "--find-replicas"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--latency-threshold"));
  EXPECT_EQ(Simulate({"--cost-model", "c", "--latency-threshold", "soon"}), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("'soon'"));
}

}  // namespace
}  // namespace strobe::server
