#include "base/json_reader.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe {
namespace {

using ::nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Message(const JsonReader& reader) { return std::string(reader.status().message()); }

TEST(JsonReaderTest, ReadsValues) {
  const json config = json::parse(
      R"({"n": 7, "x": 0.5, "b": true, "list": [1, 2], "s": ["a"], "t": "text", "e": "",
          "seed": 18446744073709551615})");
  JsonReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 1), 7);
  EXPECT_EQ(reader.GetDouble("x", 1.0), 0.5);
  EXPECT_EQ(reader.GetDouble("x", 1.0, {0.5, 2.0}), 0.5);
  EXPECT_TRUE(reader.GetBool("b", false));
  EXPECT_THAT(reader.GetInts("list", {9}), ElementsAre(1, 2));
  EXPECT_THAT(reader.GetStrings("s", {}), ElementsAre("a"));
  EXPECT_EQ(reader.GetNonEmptyString("t", ""), "text");
  EXPECT_EQ(reader.GetString("e", "default"), "");
  EXPECT_EQ(reader.GetUint64("seed", 0), 18446744073709551615u);
  reader.RefuseUnknownKeys();
  EXPECT_TRUE(reader.status().ok()) << reader.status();
}

TEST(JsonReaderTest, DefaultsMissingKeys) {
  const json config = json::object();
  JsonReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 3), 3);
  EXPECT_EQ(reader.GetUint64("u", 3), 3u);
  EXPECT_EQ(reader.GetDouble("x", 0.25), 0.25);
  EXPECT_TRUE(reader.GetBool("b", true));
  EXPECT_EQ(reader.GetString("t", "d"), "d");
  EXPECT_THAT(reader.GetInts("list", {4}), ElementsAre(4));
  EXPECT_THAT(reader.GetIntForEach("each", 2, 5), ElementsAre(5, 5));
  EXPECT_EQ(reader.GetChoice<int>("choice", {{"one", 1}}, 2), 2);
  EXPECT_EQ(reader.GetObject("object").GetInt("n", 3), 3);
  reader.RequireOneOf("fixed", {"only"});
  EXPECT_TRUE(reader.ok());
  reader.Require("n");
  EXPECT_EQ(Message(reader), "Net: 'n' is missing");
}

TEST(JsonReaderTest, ANullIsAValueUnlessTheReaderSaysOtherwise) {
  const json config = {{"n", nullptr}};
  JsonReader strict("Net", config);
  strict.GetInt("n", 3);
  EXPECT_FALSE(strict.ok());
  JsonReader mild("Net", config, JsonReader::Null::kIsMissing);
  EXPECT_EQ(mild.GetInt("n", 3), 3);
  EXPECT_FALSE(mild.Has("n"));
  EXPECT_TRUE(mild.ok());
}

TEST(JsonReaderTest, SpreadsOneIntegerOverAllBlocks) {
  const json config = json::parse(R"({"one": 4, "list": [1, 2, 3]})");
  JsonReader reader("Net", config);
  EXPECT_THAT(reader.GetIntForEach("one", 3, 0), ElementsAre(4, 4, 4));
  EXPECT_THAT(reader.GetIntForEach("list", 3, 0), ElementsAre(1, 2, 3));
  EXPECT_TRUE(reader.ok());
  reader.GetIntForEach("list", 2, 0);
  EXPECT_THAT(Message(reader),
              HasSubstr("'list' must be one integer or a list of 2, one for each block, is [1,2"));
}

TEST(JsonReaderTest, NamesEveryProblemInOneError) {
  const json config = json::parse(
      R"({"n": 0, "big": 18446744073709551615, "x": "y", "b": 1, "list": [], "s": [1], "f": "g",
          "r": 2, "t": "", "c": "red", "u": -1, "more": 1})");
  JsonReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 3), 3);
  EXPECT_EQ(reader.GetInt("big", 3), 3);
  EXPECT_EQ(reader.GetDouble("x", 1.5), 1.5);
  EXPECT_EQ(reader.GetDouble("r", 0.5, {0, 1}), 0.5);
  EXPECT_FALSE(reader.GetBool("b", false));
  EXPECT_THAT(reader.GetInts("list", {9}), ElementsAre(9));
  EXPECT_THAT(reader.GetStrings("s", {"d"}), ElementsAre("d"));
  EXPECT_EQ(reader.GetNonEmptyString("t", "d"), "d");
  EXPECT_EQ(reader.GetChoice<int>("c", {{"green", 1}, {"blue", 2}}, 3), 3);
  EXPECT_EQ(reader.GetUint64("u", 3), 3u);
  reader.RequireOneOf("f", {"h", nullptr});
  reader.RefuseUnknownKeys();
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message = Message(reader);
  for (const char* part :
       {"Net: 'n' must be an integer from 1 to 16384, is 0; 'big' ", "'x' must be a number, is \"y",
        "'r' must be a number from 0 to 1, is 2", "'b' must be true or false, is 1",
        "'list' must be a list of 1 to 16 integers from 1 to 16384, is []",
        "'s' must be a list of 1 to 16 strings, is [1]", "'t' must be a string that is not empty",
        "'c' is \"red\", supported: green, blue",
        "'u' must be an integer from 0 to 2^64 - 1, is -1",
        "'f' is \"g\", which is not supported: only \"h\" or null is",
        "'more' is not a known key"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST(JsonReaderTest, ProblemsOfObjectsAndElementsGoToTheRootWithTheirPath) {
  const json config = json::parse(
      R"({"a": {"b": {"n": 0}, "extra": 1}, "list": [{"n": 5}, {"n": -1}, 3], "one": {"n": 0}})");
  JsonReader reader("file", config);
  JsonReader a = reader.GetObject("a");
  a.GetObject("b").GetInt("n", 1);
  a.RefuseUnknownKeys();
  int sum = 0;
  const auto read = [&](const std::string& name, const json& value) {
    sum += static_cast<int>(reader.ReaderOf(name, value).GetInt("n", 100));
  };
  reader.ForEach("list", read);
  EXPECT_EQ(sum, 205);
  reader.ForEachOrOne("one", read);
  reader.ForEach("one", read);
  const std::string message = Message(reader);
  for (const char* part :
       {"'a.b.n' must be", "'a.extra' is not a known key", "'list[1].n' must be",
        "'list[2]' must be a JSON object, is 3", "'one.n' must be", "'one' must be a list"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
}

TEST(JsonReaderTest, AcceptsASupportedValueOfAFixedOption) {
  const json config = json::parse(R"({"scale": 1.0, "type": null})");
  JsonReader reader("Net", config);
  reader.RequireOneOf("scale", {1});
  reader.RequireOneOf("type", {nullptr, false});
  EXPECT_TRUE(reader.ok());
}

TEST(JsonReaderTest, RefusesWhatIsNoObjectOrNoJson) {
  const json config = json::parse("[1]");
  JsonReader reader("Net", config);
  EXPECT_EQ(reader.GetInt("n", 3), 3);
  reader.RefuseUnknownKeys();
  EXPECT_EQ(Message(reader), "Net: must be a JSON object, is [1]");
  EXPECT_TRUE(ParseJson("[1]", "file").ok());
  EXPECT_EQ(ParseJson("{", "file").status().message(), "file: is not valid JSON");
}

TEST(JsonReaderTest, CutsLongValuesOutOfTheError) {
  const json config = {{"n", std::string(1000, 'a')}, {"m", "\xff"}};
  JsonReader reader("Net", config);
  reader.GetInt("n", 3);
  reader.GetInt("m", 3);
  EXPECT_LT(Message(reader).size(), 300u);
  EXPECT_THAT(Message(reader), Not(HasSubstr(std::string(200, 'a'))));
}

}  // namespace
}  // namespace strobe
