#include "model/evaluation/picture_critic.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <ATen/ops/stack.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/evaluation/report/evaluation_prompts.h"
#include "model/evaluation/scene_benchmark.h"

namespace strobe::model {
namespace {

namespace fs = std::filesystem;

const std::string kShipped = STROBE_SOURCE_DIR "/model/evaluation/critic";

TEST(PictureCriticTest, ATruePictureIsNearerToItsCaptionThanToAnother) {
  const auto critic = PictureCritic::Load(kShipped);
  ASSERT_TRUE(critic.ok()) << critic.status();
  const auto prompts = MakeEvaluationPrompts({SceneDomain::kRich, CaptionStyle::kNamed, 21}, 60);
  std::vector<at::Tensor> pictures;
  std::vector<std::string> own;
  for (const EvaluationPrompt& prompt : prompts) {
    pictures.push_back(RenderPicture(prompt.scene, (*critic)->picture_size()));
    own.push_back(prompt.caption.text);
  }
  std::vector<std::string> other(own.begin() + 1, own.end());
  other.push_back(own.front());
  const at::Tensor features = (*critic)->Features(at::stack(pictures));
  EXPECT_EQ(features.sizes().vec(), (std::vector<int64_t>{60, PictureEncoder::kFeatures}));
  const at::Tensor nearer =
      (*critic)->Similarity(features, own).gt((*critic)->Similarity(features, other));
  EXPECT_GE(nearer.sum().item<int64_t>(), 58);
}

TEST(PictureCriticTest, TheShippedOneIsOf64PixelsAndDetectsNothing) {
  const auto critic = PictureCritic::Load(kShipped);
  ASSERT_TRUE(critic.ok()) << critic.status();
  EXPECT_EQ((*critic)->picture_size(), 64);
  EXPECT_TRUE((*critic)->heads().empty());
}

TEST(PictureCriticTest, WeightsThatAreNotThoseOfItsConfigAreNamed) {
  const fs::path copy = fs::path(::testing::TempDir()) / "picture_critic_test";
  fs::remove_all(copy);
  fs::copy(kShipped, copy);
  std::ofstream(copy / "critic.json")
      << R"({"heads": [{"name": "color", "classes": ["", "red"]}]})";
  EXPECT_THAT(std::string(PictureCritic::Load(copy.string()).status().message()),
              ::testing::HasSubstr("heads.weight"));
  std::ofstream(copy / "critic.json") << "{";
  EXPECT_THAT(std::string(PictureCritic::Load(copy.string()).status().message()),
              ::testing::HasSubstr((copy / "critic.json").string()));
}

TEST(PictureCriticTest, ADirectoryWithoutWeightsIsNamed) {
  const auto critic = PictureCritic::Load("/nowhere");
  EXPECT_THAT(std::string(critic.status().message()), ::testing::HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace strobe::model
