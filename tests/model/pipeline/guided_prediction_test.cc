// A denoiser and a family that are nothing like a UNet's: texts of any length, padded and masked,
// guidance from a scale of 0 up.

#include "model/pipeline/guided_prediction.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/pipeline/prompt_encoder.h"

namespace strobe::model {
namespace {

using ::testing::ElementsAre;

// Adds what its row of text says, padding left out.
class SumDenoiser final : public Denoiser {
 public:
  at::Tensor Forward(const at::Tensor& latents, const at::Tensor& timesteps,
                     const DenoiserConditions& conditions) const override {
    const at::Tensor counted = conditions.context * conditions.context_mask.unsqueeze(-1);
    const at::Tensor text = counted.flatten(1).sum(1);
    return latents + (text + timesteps).view({-1, 1, 1, 1});
  }
  int64_t EstimateActivations(int64_t height, int64_t width) const override {
    return height * width;
  }
  DenoiserFacts facts() const override { return {}; }
};

class RaggedFamily final : public ModelFamily {
 public:
  absl::string_view pipeline_class() const override { return "RaggedPipeline"; }
  const std::vector<ComponentSpec>& components() const override { return components_; }
  absl::Status CheckScheduler(const Scheduler& /*scheduler*/) const override {
    return absl::OkStatus();
  }
  std::vector<std::unique_ptr<TextEncoder>> LoadTextEncoders(
      ComponentLoader& /*loader*/, LoadProblems& /*problems*/) const override {
    return {};
  }
  absl::StatusOr<std::unique_ptr<Denoiser>> LoadDenoiser(
      ComponentLoader& /*loader*/) const override {
    return std::make_unique<SumDenoiser>();
  }
  absl::Status CheckFit(const FamilyParts& /*parts*/) const override { return absl::OkStatus(); }
  LatentGeometry Geometry(const DenoiserFacts& /*denoiser*/,
                          const ImageDecoder& /*decoder*/) const override {
    return {4, 8, 2};
  }
  TextStates JoinTexts(std::vector<TextStates> states) const override {
    return std::move(states.front());
  }
  // Output with the prompt plus scale times the difference.
  double GuidanceWeight(double scale, const DenoiserFacts& /*denoiser*/) const override {
    return 1.0 + scale;
  }
  double default_guidance_scale() const override { return 0.0; }
  DenoiserConditions Condition(absl::Span<const ConditionRow> rows,
                               const DenoiserFacts& /*denoiser*/,
                               const at::Device& /*device*/) const override {
    int64_t longest = 0;
    for (const ConditionRow& row : rows) longest = std::max(longest, row.text->context.size(0));
    std::vector<at::Tensor> contexts, masks;
    for (const ConditionRow& row : rows) {
      const int64_t length = row.text->context.size(0);
      contexts.push_back(at::full({longest, 1}, 100.0f));
      contexts.back().slice(0, 0, length).copy_(row.text->context);
      masks.push_back(at::zeros({longest}, at::kBool));
      masks.back().slice(0, 0, length).fill_(true);
    }
    return {.context = at::stack(contexts), .context_mask = at::stack(masks)};
  }

 private:
  std::vector<ComponentSpec> components_;
};

// Of `rows` text rows that are all 1, guided against one row of 1.
PipelineSample Sample(int64_t rows, double guidance_weight) {
  PipelineSample sample;
  sample.steps.rows.resize(1);
  sample.prompt.context = at::full({rows, 1}, 1.0f);
  sample.negative.context = at::full({1, 1}, 1.0f);
  sample.guidance_weight = guidance_weight;
  return sample;
}

TEST(GuidedPredictionTest, TextsOfDifferentLengthsShareACallWhereTheFamilyMasksThem) {
  const RaggedFamily family;
  const SumDenoiser denoiser;
  PipelineSample short_text = Sample(2, 1.0), long_text = Sample(5, 1.0);
  PipelineSample* const batch[] = {&short_text, &long_text};
  NetworkCalls calls({}, {});
  const at::Tensor output =
      PredictWithGuidance(family, denoiser, batch, at::zeros({2, 4, 1, 1}), calls);
  EXPECT_EQ(output.select(0, 0).mean().item<float>(), 2.0f);
  EXPECT_EQ(output.select(0, 1).mean().item<float>(), 5.0f);
}

TEST(GuidedPredictionTest, TheFamilySaysWhatAScaleWeighs) {
  const RaggedFamily family;
  const SumDenoiser denoiser;
  PipelineSample guided = Sample(3, family.GuidanceWeight(0.5, denoiser.facts()));
  PipelineSample plain = Sample(3, family.GuidanceWeight(0.0, denoiser.facts()));
  EXPECT_TRUE(guided.guided());
  EXPECT_FALSE(plain.guided());
  PipelineSample* const batch[] = {&plain, &guided};
  NetworkCalls calls({}, {});
  const at::Tensor output =
      PredictWithGuidance(family, denoiser, batch, at::zeros({2, 4, 1, 1}), calls);
  EXPECT_EQ(output.select(0, 0).mean().item<float>(), 3.0f);
  EXPECT_EQ(output.select(0, 1).mean().item<float>(), 3.0f + 0.5f * (3.0f - 1.0f));
}

TEST(PromptEncoderTest, PromptsOfEquallyManyTokensAreEncodedTogether) {
  const auto prompt = [](int64_t tokens) {
    return PromptTokens{{TextTokens{.ids = at::zeros({tokens}, at::kLong)}}, false};
  };
  EXPECT_THAT(GroupByLength({prompt(3), prompt(5), prompt(3)}),
              ElementsAre(ElementsAre(0, 2), ElementsAre(1)));
}

}  // namespace
}  // namespace strobe::model
