#include "model/text/clip/clip_tokenizer_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strobe::model {
namespace {

using ::testing::HasSubstr;

ClipTokenizerFiles GoodFiles() {
  ClipTokenizerFiles files;
  files.vocab_json = R"({"!": 0, "a": 1, "b</w>": 2, "ab</w>": 3, "<|startoftext|>": 4,
                         "<|endoftext|>": 5})";
  files.merges_txt = "#version: 0.2\r\na b</w>\r\n";
  return files;
}

void ExpectRefused(const ClipTokenizerFiles& files, const std::string& file,
                   const std::string& what) {
  const auto setup = ParseClipTokenizerFiles(files);
  EXPECT_EQ(setup.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(setup.status().message()), HasSubstr(file));
  EXPECT_THAT(std::string(setup.status().message()), HasSubstr(what));
}

TEST(ClipTokenizerFilesTest, DefaultsTheSpecialTokensAndTheLength) {
  const auto setup = ParseClipTokenizerFiles(GoodFiles());
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_EQ(setup->bos_id, 4);
  EXPECT_EQ(setup->eos_id, 5);
  EXPECT_EQ(setup->pad_id, 5);
  EXPECT_EQ(setup->unknown_id, 5);
  EXPECT_EQ(setup->model_max_length, 77);
  EXPECT_EQ(setup->merges, (MergeList{{"a", "b</w>"}}));
}

TEST(ClipTokenizerFilesTest, LetsTheSpecialTokensMapBeatTheConfigForThePadToken) {
  ClipTokenizerFiles files = GoodFiles();
  files.tokenizer_config_json = R"({"pad_token": "<|endoftext|>"})";
  files.special_tokens_map_json = R"({"pad_token": "!"})";
  const auto setup = ParseClipTokenizerFiles(files);
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_EQ(setup->pad_id, 0);
}

TEST(ClipTokenizerFilesTest, LeavesTheMapUnreadWhereTheConfigListsAddedTokens) {
  ClipTokenizerFiles files = GoodFiles();
  files.tokenizer_config_json = R"({"added_tokens_decoder": {}})";
  files.special_tokens_map_json = R"({"pad_token": "!"})";
  const auto setup = ParseClipTokenizerFiles(files);
  ASSERT_TRUE(setup.ok()) << setup.status();
  EXPECT_EQ(setup->pad_id, 5);
}

TEST(ClipTokenizerFilesTest, NamesTheFileThatIsMissingOrBroken) {
  ExpectRefused({}, "vocab.json", "missing");
  ClipTokenizerFiles files = GoodFiles();
  files.vocab_json = "[1, 2";
  ExpectRefused(files, "vocab.json", "not a JSON object");
  files = GoodFiles();
  files.vocab_json = R"({"a": -1})";
  ExpectRefused(files, "vocab.json", "'a'");
  files = GoodFiles();
  files.merges_txt = "";
  ExpectRefused(files, "merges.txt", "missing");
  files.merges_txt = "a b c\n";
  ExpectRefused(files, "merges.txt", "'a b c'");
  files = GoodFiles();
  files.tokenizer_config_json = "{";
  ExpectRefused(files, "tokenizer_config.json", "not a JSON object");
  files = GoodFiles();
  files.special_tokens_map_json = "null";
  ExpectRefused(files, "special_tokens_map.json", "not a JSON object");
  files = GoodFiles();
  files.tokenizer_json = R"({"model": {"vocab": {"a": 1}, "merges": 7}})";
  ExpectRefused(files, "tokenizer.json", "merges");
}

TEST(ClipTokenizerFilesTest, RefusesSpecialTokensItCannotHonour) {
  ClipTokenizerFiles files = GoodFiles();
  files.special_tokens_map_json = R"({"pad_token": "<pad>"})";
  ExpectRefused(files, "pad_token", "'<pad>' is not in the vocabulary");
  files.special_tokens_map_json = R"({"pad_token": {"content": "!", "single_word": true}})";
  ExpectRefused(files, "pad_token", "single_word");
  files.special_tokens_map_json = R"({"pad_token": ""})";
  ExpectRefused(files, "pad_token", "no text");
  files.special_tokens_map_json = R"({"pad_token": null})";
  ExpectRefused(files, "tokenizer_config.json", "no pad_token");
}

TEST(ClipTokenizerFilesTest, RefusesLengthsAndPaddingItCannotHonour) {
  for (const char* length : {"2", "1e30", "-1", "\"77\""}) {
    ClipTokenizerFiles files = GoodFiles();
    files.tokenizer_config_json = std::string(R"({"model_max_length": )") + length + "}";
    ExpectRefused(files, "tokenizer_config.json", "model_max_length");
  }
  ClipTokenizerFiles files = GoodFiles();
  files.tokenizer_config_json = R"({"padding_side": "left"})";
  ExpectRefused(files, "tokenizer_config.json", "padding_side");
}

}  // namespace
}  // namespace strobe::model
