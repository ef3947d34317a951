#include "model/pipeline/families/family_list.h"

#include <string>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model/sampling/schedulers/scheduler_list.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPlain[] = "StableDiffusionPipeline";
constexpr char kXl[] = "StableDiffusionXLPipeline";
constexpr char kConsistency[] = "LatentConsistencyModelPipeline";

const ModelFamily& Family(const char* pipeline_class) { return **FindModelFamily(pipeline_class); }

std::vector<std::string> Folders(const ModelFamily& family) {
  std::vector<std::string> folders;
  for (const ComponentSpec& spec : family.components()) folders.push_back(spec.folder);
  return folders;
}

std::vector<float> Values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.flatten().contiguous();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

// Of a text whose context and pooled prompt are all `value`.
PromptEmbeds Text(float value) {
  return {.context = at::full({2, 3}, value), .pooled = at::full({4}, value)};
}

TEST(FamilyListTest, EachFamilyIsFoundByItsPipelineClass) {
  for (const char* name : {kPlain, kXl, kConsistency}) {
    const auto family = FindModelFamily(name);
    ASSERT_TRUE(family.ok()) << family.status();
    EXPECT_EQ((*family)->pipeline_class(), name);
  }
}

TEST(FamilyListTest, AnUnknownClassIsNamedBesideThoseThereAre) {
  const std::string error(FindModelFamily("KandinskyPipeline").status().message());
  EXPECT_EQ(error,
            "the pipeline class 'KandinskyPipeline' is not supported: use StableDiffusionPipeline, "
            "StableDiffusionXLPipeline or LatentConsistencyModelPipeline");
}

TEST(FamilyListTest, ComponentsAreInTheOrderOfTheData) {
  EXPECT_THAT(Folders(Family(kPlain)),
              ElementsAre("tokenizer", "text_encoder", "unet", "vae", "scheduler"));
  EXPECT_THAT(Folders(Family(kXl)), ElementsAre("tokenizer", "text_encoder", "tokenizer_2",
                                                "text_encoder_2", "unet", "vae", "scheduler"));
}

TEST(FamilyListTest, AUNetRefusesTheSchedulersOfFlowMatching) {
  for (const char* name : {kPlain, kXl, kConsistency}) {
    const auto flow = ReadSchedulerConfig({{"_class_name", "FlowMatchEulerDiscreteScheduler"}});
    const auto ddim = ReadSchedulerConfig({{"_class_name", "DDIMScheduler"}});
    EXPECT_THAT(std::string(Family(name).CheckScheduler(**flow).message()),
                HasSubstr("is for transformer denoisers"));
    EXPECT_TRUE(Family(name).CheckScheduler(**ddim).ok());
  }
}

TEST(FamilyListTest, OnlyTheFirstFamilyReplacesKeysOfTheScheduler) {
  const nlohmann::json config = {{"clip_sample", true}, {"beta_end", 0.5}};
  nlohmann::json replaced = config;
  Family(kPlain).OverrideScheduler(replaced);
  EXPECT_EQ(replaced,
            nlohmann::json({{"clip_sample", false}, {"steps_offset", 1}, {"beta_end", 0.5}}));
  replaced = config;
  Family(kXl).OverrideScheduler(replaced);
  EXPECT_EQ(replaced, config);
}

TEST(FamilyListTest, GuidanceIsActiveUnlessItIsDistilled) {
  DenoiserFacts facts;
  EXPECT_EQ(Family(kPlain).GuidanceWeight(4.5, facts), 4.5);
  EXPECT_EQ(Family(kConsistency).GuidanceWeight(4.5, facts), 1.0);
  facts.takes_guidance = true;
  EXPECT_EQ(Family(kPlain).GuidanceWeight(4.5, facts), 1.0);
}

TEST(FamilyListTest, XlAloneIsToldThePooledPromptAndTheSizes) {
  const PromptEmbeds first = Text(1), second = Text(2);
  const ConditionRow rows[] = {{&first, 640, 512, 1.0}, {&second, 64, 96, 3.0}};
  const DenoiserConditions plain = Family(kPlain).Condition(rows, {}, at::kCPU);
  EXPECT_EQ(plain.context.sizes().vec(), (std::vector<int64_t>{2, 2, 3}));
  EXPECT_FALSE(plain.pooled.defined() || plain.sizes.defined() || plain.guidance.defined());
  const DenoiserConditions xl = Family(kXl).Condition(rows, {}, at::kCPU);
  EXPECT_THAT(Values(xl.sizes), ElementsAre(512, 640, 0, 0, 512, 640, 96, 64, 0, 0, 96, 64));
  EXPECT_THAT(Values(xl.pooled), ElementsAre(1, 1, 1, 1, 2, 2, 2, 2));
}

TEST(FamilyListTest, ADenoiserThatTakesGuidanceIsToldTheScaleLessOne) {
  const PromptEmbeds text = Text(1);
  const ConditionRow rows[] = {{&text, 64, 64, 8.5}, {&text, 64, 64, 1.0}};
  DenoiserFacts facts;
  facts.takes_guidance = true;
  EXPECT_THAT(Values(Family(kConsistency).Condition(rows, facts, at::kCPU).guidance),
              ElementsAre(7.5f, 0.0f));
}

TEST(FamilyListTest, StatesOfTwoEncodersLieSideBySideAndTheSecondPools) {
  const TextStates first = {.states = at::full({1, 2, 3}, 1.0f)};
  const TextStates second = {.states = at::full({1, 2, 1}, 2.0f), .pooled = at::full({1, 2}, 7.0f)};
  const TextStates joined = Family(kXl).JoinTexts({first, second});
  EXPECT_THAT(Values(joined.states), ElementsAre(1, 1, 1, 2, 1, 1, 1, 2));
  EXPECT_THAT(Values(joined.pooled), ElementsAre(7, 7));
}

}  // namespace
}  // namespace strobe::model
