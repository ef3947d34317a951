#include "model/evaluation/critic_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace strobe::model {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CriticConfigTest, WrittenAndReadAgainItIsTheSame) {
  CriticConfig config;
  config.encoder = {96, {32, 64}, 1};
  config.heads = {{"color", {"", "blue", "red"}}, {"tail", {""}}};
  config.accuracy = {{400, 399}, {0, 0}};
  config.measured_on = "400 new pictures";
  const nlohmann::json json = CriticConfigJson(config);
  EXPECT_EQ(json.at("heads")[0].at("accuracy"), 0.9975);
  const auto read = ReadCriticConfig(json);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->heads, config.heads);
  EXPECT_EQ(read->accuracy[0].right, 399);
  EXPECT_EQ(CriticConfigJson(*read), json);
}

TEST(CriticConfigTest, EverythingThatIsWrongIsNamed) {
  const auto config = ReadCriticConfig({{"picture_size", 1},
                                        {"widths", {32, 33}},
                                        {"heads", {{{"name", ""}}, {{"classes", {"red"}}}}}});
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(config.status().message()),
              AllOf(HasSubstr("critic.json"), HasSubstr("picture_size"), HasSubstr("widths"),
                    HasSubstr("heads[0].classes"), HasSubstr("heads[1].name"),
                    HasSubstr("heads[1].classes")));
}

}  // namespace
}  // namespace strobe::model
