#include "model/layers/config_reader.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Message(const ConfigReader& reader) { return std::string(reader.status().message()); }

TEST(ConfigReaderTest, ReadsValues) {
  const json config = json::parse(R"({"n": 7, "x": 0.5, "b": true, "list": [1, 2], "s": ["a"]})");
  ConfigReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 1), 7);
  EXPECT_EQ(reader.GetDouble("x", 1.0), 0.5);
  EXPECT_TRUE(reader.GetBool("b", false));
  EXPECT_THAT(reader.GetInts("list", {9}), ElementsAre(1, 2));
  EXPECT_THAT(reader.GetStrings("s", {}), ElementsAre("a"));
  EXPECT_TRUE(reader.status().ok());
}

TEST(ConfigReaderTest, DefaultsMissingKeys) {
  const json config = json::object();
  ConfigReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 3), 3);
  EXPECT_EQ(reader.GetDouble("x", 0.25), 0.25);
  EXPECT_TRUE(reader.GetBool("b", true));
  EXPECT_THAT(reader.GetInts("list", {4}), ElementsAre(4));
  EXPECT_THAT(reader.GetIntForEach("each", 2, 5), ElementsAre(5, 5));
  reader.RequireOneOf("fixed", {"only"});
  EXPECT_TRUE(reader.ok());
}

TEST(ConfigReaderTest, SpreadsOneIntegerOverAllBlocks) {
  const json config = json::parse(R"({"one": 4, "list": [1, 2, 3]})");
  ConfigReader reader("Net", config);
  EXPECT_THAT(reader.GetIntForEach("one", 3, 0), ElementsAre(4, 4, 4));
  EXPECT_THAT(reader.GetIntForEach("list", 3, 0), ElementsAre(1, 2, 3));
  EXPECT_TRUE(reader.ok());
  reader.GetIntForEach("list", 2, 0);
  EXPECT_THAT(Message(reader), HasSubstr("list is [1,2,3], expected one integer or a list of 2"));
}

TEST(ConfigReaderTest, NamesEveryProblemInOneError) {
  const json config = json::parse(
      R"({"n": 0, "big": 18446744073709551615, "x": "y", "b": 1, "list": [], "s": [1], "f": "g"})");
  ConfigReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 3), 3);
  EXPECT_EQ(reader.GetInt("big", 3), 3);
  EXPECT_EQ(reader.GetDouble("x", 1.5), 1.5);
  EXPECT_FALSE(reader.GetBool("b", false));
  EXPECT_THAT(reader.GetInts("list", {9}), ElementsAre(9));
  EXPECT_THAT(reader.GetStrings("s", {"d"}), ElementsAre("d"));
  reader.RequireOneOf("f", {"h", nullptr});
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message = Message(reader);
  EXPECT_THAT(message, HasSubstr("Net: n is 0, expected an integer in 1..16384; big is "));
  EXPECT_THAT(message, HasSubstr("x is \"y\", expected a number"));
  EXPECT_THAT(message, HasSubstr("b is 1, expected true or false"));
  EXPECT_THAT(message, HasSubstr("list is [], expected a list of 1..16 integers"));
  EXPECT_THAT(message, HasSubstr("s is [1], expected a list of 1..16 strings"));
  EXPECT_THAT(message, HasSubstr("unsupported f \"g\" (supported: \"h\" or null)"));
}

TEST(ConfigReaderTest, AcceptsASupportedValueOfAFixedOption) {
  const json config = json::parse(R"({"scale": 1.0, "type": null})");
  ConfigReader reader("Net", config);
  reader.RequireOneOf("scale", {1});
  reader.RequireOneOf("type", {nullptr, false});
  EXPECT_TRUE(reader.ok());
}

TEST(ConfigReaderTest, RefusesAConfigThatIsNoObject) {
  const json config = json::parse("[1]");
  ConfigReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 3), 3);
  EXPECT_THAT(Message(reader), HasSubstr("the config is [1], expected an object"));
}

TEST(ConfigReaderTest, CutsLongValuesOutOfTheError) {
  const json config = {{"n", std::string(1000, 'a')}};
  ConfigReader reader("Net", config);
  reader.GetInt("n", 3);
  EXPECT_LT(Message(reader).size(), 200u);
  EXPECT_THAT(Message(reader), Not(HasSubstr(std::string(200, 'a'))));
}

}  // namespace
}  // namespace strobe::model
