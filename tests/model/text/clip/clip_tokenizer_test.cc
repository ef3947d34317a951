#include "model/text/clip/clip_tokenizer.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace strobe::model {
namespace {

using nlohmann::json;

constexpr char kStudent[] = STROBE_SOURCE_DIR "/model/students/tiny-shapes/tokenizer/";
constexpr char kGoldens[] = STROBE_SOURCE_DIR "/tests/model/text/clip/testdata/";

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

ClipTokenizer::Files StudentFiles() {
  return {ReadText(std::string(kStudent) + "vocab.json"),
          ReadText(std::string(kStudent) + "merges.txt"),
          ReadText(std::string(kStudent) + "special_tokens_map.json"),
          ReadText(std::string(kStudent) + "tokenizer_config.json"),
          ReadText(std::string(kStudent) + "tokenizer.json")};
}

// Made with transformers by scripts/make_tokenizer_goldens.py.
class GoldenTokenizerTest : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenTokenizerTest, GivesTheIdsOfTransformers) {
  const json golden = json::parse(ReadText(std::string(kGoldens) + GetParam() + ".json"));
  ClipTokenizer::Files files = StudentFiles();
  files.tokenizer_config_json = golden["tokenizer_config.json"];
  files.special_tokens_map_json = golden["special_tokens_map.json"];
  if (!golden["keep_tokenizer_json"].get<bool>()) files.tokenizer_json.clear();
  const auto tokenizer = ClipTokenizer::Create(files);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();

  ASSERT_FALSE(golden["cases"].empty());
  for (const json& expected : golden["cases"]) {
    const auto encoding = tokenizer->Encode(expected["text"].get<std::string>());
    EXPECT_EQ(encoding.input_ids, expected["input_ids"].get<std::vector<int64_t>>())
        << expected["text"];
    EXPECT_EQ(encoding.truncated, expected["truncated"].get<bool>()) << expected["text"];
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, GoldenTokenizerTest,
                         ::testing::Values("shipped", "pad_end_of_text", "pad_exclamation",
                                           "pad_exclamation_with_tokenizer_json",
                                           "added_tokens_decoder", "fuzzed"),
                         [](const auto& info) { return std::string(info.param); });

TEST(ClipTokenizerTest, ReadsTheSameFromTokenizerJsonAlone) {
  ClipTokenizer::Files alone;
  alone.tokenizer_json = StudentFiles().tokenizer_json;
  alone.tokenizer_config_json = StudentFiles().tokenizer_config_json;
  const auto from_alone = ClipTokenizer::Create(alone);
  ASSERT_TRUE(from_alone.ok()) << from_alone.status();
  ClipTokenizer::Files without = StudentFiles();
  without.tokenizer_json.clear();
  const auto from_others = ClipTokenizer::Create(without);
  ASSERT_TRUE(from_others.ok()) << from_others.status();
  const std::string prompt = "a large red circle <|endoftext|> on!! a white background";
  EXPECT_EQ(from_alone->Encode(prompt).input_ids, from_others->Encode(prompt).input_ids);
}

TEST(ClipTokenizerTest, CutsAPromptThatIsTooLongAndSaysSo) {
  const auto tokenizer = ClipTokenizer::Create(StudentFiles());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  std::string prompt;
  for (int i = 0; i < 22; ++i) prompt += "red ";
  EXPECT_FALSE(tokenizer->Encode(prompt).truncated);
  const auto encoding = tokenizer->Encode(prompt + "red");
  EXPECT_TRUE(encoding.truncated);
  EXPECT_EQ(encoding.input_ids.size(), 24u);
  EXPECT_EQ(encoding.input_ids.back(), 682);
}

TEST(ClipTokenizerTest, SurvivesInvalidUtf8AndHugeWords) {
  const auto tokenizer = ClipTokenizer::Create(StudentFiles());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->Encode("\xff\xfe red \xc0").input_ids.size(), 24u);
  EXPECT_TRUE(tokenizer->Encode(std::string(1 << 20, 'o')).truncated);
}

TEST(ClipTokenizerTest, KnowsTheLargestIdItCanGive) {
  const auto tokenizer = ClipTokenizer::Create(StudentFiles());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->largest_id(), 682);
}

// Of this thread: what other work takes of the processor does not count.
absl::Duration ProcessorTime() {
  timespec now = {};
  EXPECT_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now), 0);
  return absl::DurationFromTimespec(now);
}

// The least of several processor times.
absl::Duration TimeToEncode(const ClipTokenizer& tokenizer, const std::string& text) {
  absl::Duration least = absl::InfiniteDuration();
  for (int i = 0; i < 5; ++i) {
    const absl::Duration start = ProcessorTime();
    tokenizer.Encode(text);
    least = std::min(least, ProcessorTime() - start);
  }
  return least;
}

std::string Repeat(const std::string& text, size_t bytes) {
  std::string repeated;
  while (repeated.size() + text.size() <= bytes) repeated += text;
  return repeated;
}

TEST(ClipTokenizerTest, TheWorstPromptsTakeLittleLongerThanOrdinaryOnes) {
  constexpr size_t kBytes = 16384;  // the most that a server can be told to take
  const ClipTokenizer tokenizer = *ClipTokenizer::Create(StudentFiles());
  const absl::Duration ordinary =
      TimeToEncode(tokenizer, Repeat("a large red circle on a white background ", kBytes));
  // Marks in an order that normalization has to turn round.
  const std::string marks = Repeat("\u0301", kBytes / 2) + Repeat("\u0316", kBytes / 2);
  const std::map<std::string, std::string> worst = {
      {"one letter", Repeat("a", kBytes)},
      {"one word of merges", Repeat("large", kBytes)},
      {"emoji", Repeat("\U0001F3A8", kBytes)},
      {"families of emoji", Repeat("\U0001F468\u200D\U0001F469\u200D\U0001F467", kBytes)},
      {"marks out of order", "a" + marks},
      {"almost special tokens", Repeat("<|endoftext|", kBytes)},
      {"special tokens", Repeat("<|endoftext|>", kBytes)},
      {"contractions", Repeat("'s", kBytes)},
      {"bytes that are no text", Repeat("\xff\xc3", kBytes)},
      {"composed on the way", Repeat("\uAC00\u11A8", kBytes)}};
  for (const auto& [name, text] : worst) {
    EXPECT_LT(absl::FDivDuration(TimeToEncode(tokenizer, text), ordinary), 200) << name;
  }
}

}  // namespace
}  // namespace strobe::model
