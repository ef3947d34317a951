#include "model/text/clip/clip_text_model.h"

#include <cmath>
#include <fstream>
#include <string>

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "absl/strings/strip.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/weights/checkpoint_directory.h"
#include "model/weights/safetensors_file.h"
#include "tests/model/golden_files.h"

namespace strobe::model {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

constexpr char kStudent[] = STROBE_SOURCE_DIR "/model/students/tiny-shapes";

// The text encoder's share of the limits of the shipped student's goldens.
double EmbeddingLimit() { return StudentLimit("prompt_embeds"); }

// The shipped student's tokenizer and text encoder.
class ShippedTextEncoderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto directory = CheckpointDirectory::Open(kStudent);
    ASSERT_TRUE(directory.ok()) << directory.status();
    const auto config =
        ClipTextConfig::FromJson(*directory->ReadJson("text_encoder", "config.json"));
    ASSERT_TRUE(config.ok()) << config.status();
    config_ = *config;
    auto weights = directory->ReadWeights("text_encoder");
    ASSERT_TRUE(weights.ok()) << weights.status();
    weights_ = *std::move(weights);
    ClipTokenizer::Files files;
    files.vocab_json = *directory->ReadText("tokenizer", "vocab.json");
    files.merges_txt = *directory->ReadText("tokenizer", "merges.txt");
    files.special_tokens_map_json = *directory->ReadText("tokenizer", "special_tokens_map.json");
    files.tokenizer_config_json = *directory->ReadText("tokenizer", "tokenizer_config.json");
    auto tokenizer = ClipTokenizer::Create(files);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    tokenizer_ = std::make_unique<ClipTokenizer>(*std::move(tokenizer));
  }

  std::unique_ptr<ClipTextModel> MakeModel(const StateDict& weights) {
    StateDictLoader loader("text_encoder", weights, {});
    auto model = ClipTextModel::Create(config_, ClipTextModel::Head::kNone, loader);
    EXPECT_TRUE(loader.Finish().ok()) << loader.Finish();
    return model;
  }

  at::Tensor Ids(const std::string& prompt) {
    const std::vector<int64_t> ids = tokenizer_->Encode(prompt).input_ids;
    at::Tensor tensor = at::full({1, static_cast<int64_t>(ids.size())}, 0, at::kLong);
    std::copy(ids.begin(), ids.end(), tensor.data_ptr<int64_t>());
    return tensor;
  }

  ClipTextConfig config_;
  StateDict weights_;
  std::unique_ptr<ClipTokenizer> tokenizer_;
};

TEST_F(ShippedTextEncoderTest, GivesTheIdsAndEmbeddingsOfTransformers) {
  const auto golden = ReadSafetensors(std::string(kStudent) + "/golden/golden.safetensors");
  ASSERT_TRUE(golden.ok()) << golden.status();
  std::ifstream cases_file(std::string(kStudent) + "/golden/cases.json");
  const json cases = json::parse(cases_file);
  const auto model = MakeModel(weights_);
  ASSERT_EQ(cases["cases"].size(), 4u);
  for (const json& c : cases["cases"]) {
    const std::string key = "case" + std::to_string(c["case"].get<int>());
    const at::Tensor ids = Ids(c["prompt"]);
    EXPECT_TRUE(ids.equal(golden->tensors.at(key + ".input_ids"))) << key;
    EXPECT_LT(RelativeRms(model->Forward(ids).last_hidden_state,
                          golden->tensors.at(key + ".prompt_embeds")),
              EmbeddingLimit());
  }
}

TEST_F(ShippedTextEncoderTest, ReadsWeightsWithAndWithoutThePrefix) {
  constexpr char kPrefix[] = "text_model.";
  StateDict flat;
  StateDict nested;
  for (const auto& [name, tensor] : weights_) {
    const std::string bare(absl::StripPrefix(name, kPrefix));
    flat[bare] = tensor;
    nested[kPrefix + bare] = tensor;
  }
  nested[std::string(kPrefix) + "embeddings.position_ids"] = at::ones({1, 24});
  const at::Tensor ids = Ids("a red circle");
  EXPECT_TRUE(MakeModel(flat)->Forward(ids).last_hidden_state.equal(
      MakeModel(nested)->Forward(ids).last_hidden_state));
}

TEST_F(ShippedTextEncoderTest, LetsNoPositionSeeALaterOne) {
  const auto model = MakeModel(weights_);
  const at::Tensor red = model->Forward(Ids("a large red circle")).last_hidden_state;
  const at::Tensor star = model->Forward(Ids("a large red star")).last_hidden_state;
  EXPECT_LT(RelativeRms(red.slice(1, 0, 4), star.slice(1, 0, 4)), EmbeddingLimit());
  EXPECT_GT(RelativeRms(red.slice(1, 4), star.slice(1, 4)), 1e-2);
}

TEST_F(ShippedTextEncoderTest, EmbedsAPromptTheSameInABatch) {
  const auto model = MakeModel(weights_);
  const at::Tensor batch =
      model->Forward(at::cat({Ids("a blue star"), Ids("green ring")})).last_hidden_state;
  EXPECT_EQ(batch.sizes(), (std::vector<int64_t>{2, 24, 128}));
  EXPECT_LT(RelativeRms(batch.slice(0, 1, 2), model->Forward(Ids("green ring")).last_hidden_state),
            EmbeddingLimit());
}

TEST_F(ShippedTextEncoderTest, ComputesTheActivationOfTheConfig) {
  const at::Tensor ids = Ids("a red circle");
  const at::Tensor quick = MakeModel(weights_)->Forward(ids).last_hidden_state;
  config_.hidden_act = "gelu";
  EXPECT_GT(RelativeRms(MakeModel(weights_)->Forward(ids).last_hidden_state, quick), 1e-4);
}

TEST_F(ShippedTextEncoderTest, ProjectsTheStateAtTheFirstEndToken) {
  config_.projection_dim = 3;
  weights_["text_projection.weight"] = at::ones({3, 128});
  const auto project = [&](const std::string& prompt) {
    StateDictLoader loader("text_encoder", weights_, {});
    const auto model = ClipTextModel::Create(config_, ClipTextModel::Head::kProjection, loader);
    EXPECT_TRUE(loader.Finish().ok()) << loader.Finish();
    return model->Forward(Ids(prompt));
  };
  const ClipTextOutput output = project("a red circle");
  EXPECT_EQ(output.text_embeds.sizes(), at::IntArrayRef({1, 3}));
  constexpr int kEnd = 4;  // start, a, red, circle, end
  const double expected = output.last_hidden_state[0][kEnd].sum().item<double>();
  EXPECT_NEAR(output.text_embeds[0][0].item<double>(), expected, 1e-4);
  config_.eos_token_id = 2;  // of old files: the largest id is meant
  EXPECT_TRUE(project("a red circle").text_embeds.equal(output.text_embeds));
  config_.eos_token_id = 49407;  // in no prompt of this vocabulary
  EXPECT_NEAR(project("a red circle").text_embeds[0][0].item<double>(),
              output.last_hidden_state[0][0].sum().item<double>(), 1e-4);
}

TEST_F(ShippedTextEncoderTest, ReportsWeightsThatDoNotFitTheConfig) {
  config_.num_hidden_layers = 3;
  config_.intermediate_size = 256;
  StateDictLoader loader("text_encoder", weights_, {});
  ClipTextModel::Create(config_, ClipTextModel::Head::kNone, loader);
  const std::string message(loader.Finish().message());
  EXPECT_THAT(message, HasSubstr("text_encoder"));
  EXPECT_THAT(message, HasSubstr("[512, 128] where [256, 128] is expected"));
  EXPECT_THAT(message, HasSubstr("encoder.layers.2.layer_norm1.weight' [128] is missing"));
}

TEST(ClipTextConfigTest, DefaultsWhatOldConfigsLack) {
  const auto config = ClipTextConfig::FromJson(json::object());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->hidden_size, 512);
  EXPECT_EQ(config->max_position_embeddings, 77);
  EXPECT_EQ(config->hidden_act, "quick_gelu");
}

TEST(ClipTextConfigTest, NamesTheFieldItCannotUse) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"hidden_act": "relu"})", "hidden_act"},
      {R"({"hidden_size": 0})", "hidden_size"},
      {R"({"hidden_size": 100, "num_attention_heads": 3})", "not divisible"},
      {R"({"num_hidden_layers": 1e9})", "num_hidden_layers"},
      {R"({"vocab_size": 99999999999})", "vocab_size"},
      {R"({"layer_norm_eps": "x"})", "layer_norm_eps"},
      {"[]", "must be a JSON object"},
  };
  for (const auto& [text, what] : cases) {
    const auto config = ClipTextConfig::FromJson(json::parse(text));
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(config.status().message()), HasSubstr(what));
  }
}

}  // namespace
}  // namespace strobe::model
