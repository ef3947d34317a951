#include "model/training/data/tokenizer_training.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/text/clip/clip_tokenizer.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;

ClipTokenizerFiles Train(int max_merges = 1000) {
  WordCounts words;
  CountWords("A red circle, a green square", words);
  CountWords("a red circle", words);
  return TrainTokenizer(words, 8, max_merges);
}

TEST(CountWordsTest, WordsAreThoseOfTheTokenizer) {
  WordCounts words;
  CountWords("A red  circle, a", words);
  EXPECT_THAT(words, ElementsAre(std::pair(",", 1), std::pair("a", 2), std::pair("circle", 1),
                                 std::pair("red", 1)));
}

TEST(TrainTokenizerTest, EveryWordOfTheCorpusIsOneToken) {
  const auto tokenizer = ClipTokenizer::Create(Train());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const auto encoding = tokenizer->Encode("a red circle, a");
  EXPECT_EQ(encoding.input_ids.size(), 8u);
  EXPECT_FALSE(encoding.truncated);
  const int64_t end = tokenizer->largest_id();
  EXPECT_EQ(encoding.input_ids.front(), end - 1);
  EXPECT_EQ(encoding.input_ids[6], end);  // start, five tokens, end
  EXPECT_NE(encoding.input_ids[5], end);
  EXPECT_EQ(encoding.input_ids[1], encoding.input_ids[5]);
}

TEST(TrainTokenizerTest, OtherWordsFallBackToBytes) {
  const auto tokenizer = ClipTokenizer::Create(Train());
  EXPECT_TRUE(tokenizer->Encode("xylophone").truncated);
}

TEST(TrainTokenizerTest, TheFileForTheTokenizersLibraryMeansTheSame) {
  ClipTokenizerFiles alone;
  const ClipTokenizerFiles files = Train();
  alone.tokenizer_json = files.tokenizer_json;
  alone.tokenizer_config_json = files.tokenizer_config_json;
  alone.special_tokens_map_json = files.special_tokens_map_json;
  ClipTokenizerFiles old = files;
  old.tokenizer_json = "";
  for (const char* text : {"a red circle", "green squares, red", "Émile"}) {
    EXPECT_EQ(ClipTokenizer::Create(alone)->Encode(text).input_ids,
              ClipTokenizer::Create(old)->Encode(text).input_ids);
  }
}

TEST(TrainTokenizerTest, TheNumberOfMergesIsBounded) {
  const auto json = nlohmann::json::parse(Train(3).vocab_json);
  EXPECT_EQ(json.size(), 512u + 3 + 2);
}

}  // namespace
}  // namespace strobe::model
