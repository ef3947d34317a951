#include <grpcpp/health_check_service_interface.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "client/commands/health_command.h"
#include "client/commands/models_command.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/commands/commands_test_base.h"

namespace strobe::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class HealthCommandTest : public CommandsTest {
 protected:
  void SetReady(bool ready) { server_.health().SetServingStatus(kReadinessService, ready); }
};

TEST_F(HealthCommandTest, PrintsTheAnswerAndExitsByIt) {
  SetReady(true);
  EXPECT_EQ(RunHealth({}, context_), kExitOk);
  SetReady(false);
  EXPECT_EQ(RunHealth({}, context_), kExitNotServing);
  EXPECT_EQ(out_.str(), "SERVING\nNOT_SERVING\n");
}

TEST_F(HealthCommandTest, AsksForTheServiceByName) {
  HealthOptions options;
  options.service = "unheard.of";
  EXPECT_EQ(RunHealth(options, context_), kExitNotServing);
  EXPECT_THAT(err_.str(), HasSubstr("NOT_FOUND"));
  options.service = "";
  EXPECT_EQ(RunHealth(options, context_), kExitOk);
}

TEST_F(HealthCommandTest, WaitsUntilTheServerIsReady) {
  SetReady(false);
  HealthOptions options;
  options.wait = absl::Seconds(60);
  std::thread later([this] { SetReady(true); });
  EXPECT_EQ(RunHealth(options, context_), kExitOk);
  later.join();
  EXPECT_EQ(out_.str(), "SERVING\n");
}

TEST_F(HealthCommandTest, StopsWaitingInTheEnd) {
  SetReady(false);
  HealthOptions options;
  options.wait = absl::Milliseconds(150);
  EXPECT_EQ(RunHealth(options, context_), kExitNotServing);
  EXPECT_EQ(out_.str(), "NOT_SERVING\n");
}

TEST_F(HealthCommandTest, AnInterruptEndsTheWaiting) {
  canceller_.Cancel();
  HealthOptions options;
  options.wait = absl::Seconds(60);
  EXPECT_EQ(RunHealth(options, context_), kExitInterrupted);
}

class ModelsCommandTest : public CommandsTest {
 protected:
  ModelsCommandTest() {
    v1::Model& model = *service_.models.add_models();
    model.set_name("tiny-shapes");
    model.set_pipeline_class("StableDiffusionPipeline");
    model.set_default_width(64);
    model.set_default_height(48);
    model.set_min_size(32);
    model.set_max_size(128);
    model.set_size_multiple(8);
    for (const int steps : {1, 2, 3}) model.add_num_inference_steps(steps);
    model.set_default_num_inference_steps(2);
    model.set_max_num_images(8);
  }
};

TEST_F(ModelsCommandTest, PrintsALineForEachModel) {
  EXPECT_EQ(RunModels({}, context_), kExitOk);
  EXPECT_THAT(out_.str(), AllOf(HasSubstr("tiny-shapes  64x48"), HasSubstr("32-128 by 8"),
                                HasSubstr("1 2* 3"), HasSubstr("StableDiffusionPipeline\n")));
}

TEST_F(ModelsCommandTest, JsonHasEveryField) {
  ModelsOptions options;
  options.json = true;
  EXPECT_EQ(RunModels(options, context_), kExitOk);
  const nlohmann::json model = nlohmann::json::parse(out_.str()).at("models").at(0);
  EXPECT_EQ(model.at("name"), "tiny-shapes");
  EXPECT_EQ(model.at("num_inference_steps"), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(model.size(), static_cast<size_t>(v1::Model::descriptor()->field_count()));
}

TEST_F(ModelsCommandTest, AServerThatIsNotThereIsExplained) {
  server_.Leave();
  EXPECT_EQ(RunModels({}, context_), kExitNotServing);
  EXPECT_THAT(err_.str(), HasSubstr("--address"));
}

}  // namespace
}  // namespace strobe::client
