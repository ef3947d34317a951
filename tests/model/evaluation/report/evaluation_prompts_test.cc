#include "model/evaluation/report/evaluation_prompts.h"

#include <gtest/gtest.h>

#include "model/scenes/scene_renderer.h"

namespace strobe::model {
namespace {

constexpr PromptSet kNamed = {SceneDomain::kRich, CaptionStyle::kNamed, 9};
constexpr PromptSet kOpen = {SceneDomain::kRich, CaptionStyle::kOpen, 9};

TEST(EvaluationPromptsTest, FewerAreTheFirstOfMore) {
  for (const PromptSet& set : {kNamed, kOpen}) {
    const auto few = MakeEvaluationPrompts(set, 4);
    const auto many = MakeEvaluationPrompts(set, 8);
    for (size_t i = 0; i < few.size(); ++i) EXPECT_EQ(few[i].caption.text, many[i].caption.text);
  }
}

TEST(EvaluationPromptsTest, HalfOfTheNamedOnesAreOfHeldOutScenesAndNoneOfTheOpenOnes) {
  const auto named = MakeEvaluationPrompts(kNamed, 20);
  const auto open = MakeEvaluationPrompts(kOpen, 20);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(named[i].held_out, i % 2 == 1);
    EXPECT_EQ(IsHeldOut(SceneDomain::kRich, named[i].scene), i % 2 == 1);
    EXPECT_EQ(IsHeldOut(SceneDomain::kRich, ReferenceScene(kNamed, i)), i % 2 == 1);
    EXPECT_FALSE(open[i].held_out);
    EXPECT_FALSE(IsHeldOut(SceneDomain::kRich, open[i].scene));
    EXPECT_FALSE(IsHeldOut(SceneDomain::kRich, ReferenceScene(kOpen, i)));
  }
}

TEST(EvaluationPromptsTest, ReferencesAreOtherScenesThanThePrompts) {
  const auto prompts = MakeEvaluationPrompts(kOpen, 50);
  int same = 0;
  for (int i = 0; i < 50; ++i) {
    const Scene reference = ReferenceScene(kOpen, i);
    same += reference.background_rgb == prompts[i].scene.background_rgb ? 1 : 0;
  }
  EXPECT_LE(same, 2);
}

TEST(SpreadPromptsTest, AreOfOneObjectEach) {
  for (const EvaluationPrompt& prompt : MakeSpreadPrompts(kOpen, 30)) {
    EXPECT_EQ(prompt.scene.objects.size(), 1u);
    EXPECT_EQ(prompt.caption.truth.kind, SceneKind::kSingle);
  }
}

TEST(ScorePictureTest, ATruePictureIsAllRight) {
  int right = 0;
  const auto prompts = MakeEvaluationPrompts(kNamed, 100);
  for (const EvaluationPrompt& prompt : prompts) {
    const auto score = ScorePicture(RenderScene(prompt.scene, 64), prompt, SceneDomain::kRich);
    ASSERT_TRUE(score.ok()) << score.status();
    right += score->AllRight() ? 1 : 0;
  }
  EXPECT_GE(right, 98);
}

}  // namespace
}  // namespace strobe::model
