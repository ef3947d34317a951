#include "server/simulation/cost_file.h"

#include <string>
#include <utility>

#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/simulation/cost_curves.h"

namespace strobe::server {
namespace {

using ::testing::HasSubstr;

CostFile MakeFile() {
  CostFile file;
  file.devices = {"cpu", "cpu"};
  file.lanes = 2;
  file.max_batch_size = 8;
  model::ModelDescription model;
  model.name = "tiny";
  model.default_width = 64;
  model.default_height = 48;
  model.num_inference_steps = {1, 2, 3};
  model.default_num_inference_steps = 2;
  file.models = {ModelHandle({.model = 1}, model)};
  file.costs = DeviceCosts(StraightCosts({{{1, 0.5}, {4, 2}, {2, 1}}}, /*best=*/0.5));
  return file;
}

TEST(CostFileTest, EverythingComesBackAsItWas) {
  const auto read = ParseCostFile(CostFileAsJson(MakeFile()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->devices.size(), 2u);
  EXPECT_EQ(read->lanes, 2);
  EXPECT_EQ(read->max_batch_size, 8);
  ASSERT_EQ(read->models.size(), 1u);
  EXPECT_EQ(read->models[0].description().name, "tiny");
  EXPECT_EQ(read->models[0].description().default_height, 48);
  EXPECT_EQ(read->models[0].description().default_num_inference_steps, 2);
  const CostModel costs = MakeFile().costs.of(0);
  for (const Stage stage : {Stage::kEncodePrompt, Stage::kDenoise, Stage::kDecode}) {
    for (int size = 1; size <= 10; ++size) {
      for (const CostBasis basis : {CostBasis::kMean, CostBasis::kBest}) {
        EXPECT_EQ(read->costs.of(0).Predict(stage, kSmall, size, basis),
                  costs.Predict(stage, kSmall, size, basis));
      }
    }
  }
}

TEST(CostFileTest, UnlikeDevicesAreKeptApart) {
  CostFile file = MakeFile();
  EXPECT_EQ(CostFileAsJson(file).find("\"device\":"), std::string::npos) << "as ever";
  file.costs = DeviceCosts(
      {StraightCosts({{{1, 0}, {4, 0}, {2, 0}}}), StraightCosts({{{10, 0}, {40, 0}, {20, 0}}})});
  const auto read = ParseCostFile(CostFileAsJson(file));
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_FALSE(read->costs.alike());
  EXPECT_EQ(read->costs.of(0).Predict(Stage::kDenoise, kSmall, 1), absl::Milliseconds(4));
  EXPECT_EQ(read->costs.of(1).Predict(Stage::kDenoise, kSmall, 1), absl::Milliseconds(40));
}

TEST(CostFileTest, CostsWithoutADeviceAreThoseOfEveryDevice) {
  const auto read = ParseCostFile(CostFileAsJson(MakeFile()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->costs.alike());
  EXPECT_EQ(read->devices.size(), 2u);
}

TEST(CostFileTest, EveryDeviceHasCostsAndNoOtherOneHas) {
  CostFile file = MakeFile();
  const CostModel some = MakeFile().costs.of(0);
  file.costs = DeviceCosts({some, CostModel()});
  EXPECT_THAT(ParseCostFile(CostFileAsJson(file)).status().message(), HasSubstr("must be costs"));
  file.costs = DeviceCosts({some, some, some});
  EXPECT_THAT(ParseCostFile(CostFileAsJson(file)).status().message(),
              HasSubstr(".device' must be an integer from 0 to 1, is 2"));
}

TEST(CostFileTest, NamesWhatIsWrong) {
  const std::string json = CostFileAsJson(MakeFile());
  const auto with = [&](const char* from, const char* to) {
    return absl::StrReplaceAll(json, {{from, to}});
  };
  const std::pair<std::string, const char*> cases[] = {
      {"nothing", "not valid JSON"},
      {"{}", "schema_version"},
      {with("\"schema_version\": 1", "\"schema_version\": 2"), "schema_version is not 1"},
      {with("\"denoise\"", "\"dream\""), "].stage' is 'dream', which is no stage"},
      {with("\"model\": \"tiny\"", "\"model\": \"huge\""),
       "'costs[0].model' is 'huge', which is not among the models"},
      {with("\"best_seconds\"", "\"least_seconds\""), "best_seconds"},
      {with("\"width\": 64", "\"width\": \"64\""), "must be an integer"},
      {with("\"width\": 64", "\"width\": 0"), "'costs[0].width' must be an integer from 1"},
      {with("\"best_seconds\"", "\"mean_seconds\": 1e-9, \"best_seconds\""), "best_seconds"},
      {with("\"models\"", "\"model\""), "'models' is missing"},
      {with("\"models\": [",
            "\"models\": [{\"default_height\": 64, \"default_num_inference_steps\": 1, "
            "\"default_width\": 64, \"name\": \"tiny\", "
            "\"num_inference_steps\": [1]}, "),
       "'models[1].name' is that of another model"},
      {with("\"default_width\": 64", "\"default_width\": 64.5"), "default_width"},
      {with("\"lanes\": 2", "\"lanes\": 0"), "lanes"}};
  for (const auto& [text, what] : cases) {
    const auto read = ParseCostFile(text);
    ASSERT_FALSE(read.ok()) << what;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr(what));
  }
}

}  // namespace
}  // namespace strobe::server
