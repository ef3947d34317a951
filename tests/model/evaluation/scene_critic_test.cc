#include "model/evaluation/scene_critic.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/evaluation/report/evaluation_prompts.h"
#include "model/scenes/scene_renderer.h"

namespace strobe::model {
namespace {

constexpr int kSide = ScenePictureEncoder::kPictureSize;

TEST(SceneCriticTest, ATruePictureIsNearerToItsCaptionThanToAnother) {
  const auto critic = SceneCritic::Load(STROBE_SOURCE_DIR "/model/evaluation/critic");
  ASSERT_TRUE(critic.ok()) << critic.status();
  const auto prompts = MakeEvaluationPrompts({SceneDomain::kRich, CaptionStyle::kNamed, 21}, 60);
  std::vector<at::Tensor> pictures;
  std::vector<std::string> own;
  for (const EvaluationPrompt& prompt : prompts) {
    const at::Tensor picture = at::empty({3, kSide, kSide}, at::kFloat);
    RenderSceneFloat(
        prompt.scene, kSide,
        absl::MakeSpan(picture.data_ptr<float>(), static_cast<size_t>(picture.numel())));
    pictures.push_back(picture);
    own.push_back(prompt.caption.text);
  }
  std::vector<std::string> other(own.begin() + 1, own.end());
  other.push_back(own.front());
  const at::Tensor features = (*critic)->Features(at::stack(pictures));
  EXPECT_EQ(features.sizes().vec(), (std::vector<int64_t>{60, ScenePictureEncoder::kFeatures}));
  const at::Tensor nearer =
      (*critic)->Similarity(features, own).gt((*critic)->Similarity(features, other));
  EXPECT_GE(nearer.sum().item<int64_t>(), 58);
}

TEST(SceneCriticTest, ADirectoryWithoutWeightsIsNamed) {
  const auto critic = SceneCritic::Load("/nowhere");
  EXPECT_THAT(std::string(critic.status().message()), ::testing::HasSubstr("/nowhere"));
}

}  // namespace
}  // namespace strobe::model
