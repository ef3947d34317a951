#include "model/training/stages/critic_stage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <nlohmann/json.hpp>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "model/scenes/caption_truth.h"
#include "model/training/networks/parameter_init.h"
#include "model/training/networks/training_random.h"
#include "model/training/stages/text_stage.h"

namespace strobe::model {
namespace {

constexpr int64_t kIgnored = -100;
constexpr double kFirstLogScale = 2.3;  // of the cosines: ln 10
constexpr double kLargestScale = 100.0;

int64_t HeadIndex(absl::string_view name) {
  const auto& heads = CaptionHeads();
  return std::find_if(heads.begin(), heads.end(),
                      [&](const CaptionHead& head) { return head.name == name; }) -
         heads.begin();
}

at::Tensor ClassificationLoss(const at::Tensor& logits, const at::Tensor& labels) {
  at::Tensor loss = at::zeros({}, logits.options());
  int64_t first = 0;
  for (size_t i = 0; i < CaptionHeads().size(); ++i) {
    const int64_t classes = CaptionHeads()[i].num_classes;
    const at::Tensor wanted = labels.select(1, static_cast<int64_t>(i));
    const int64_t known = wanted.ne(kIgnored).sum().item<int64_t>();
    if (known > 0) {
      loss = loss + at::cross_entropy_loss(logits.narrow(1, first, classes), wanted, {},
                                           at::Reduction::Mean, kIgnored);
    }
    first += classes;
  }
  return loss;
}

}  // namespace

at::Tensor PictureLabels(const at::Tensor& labels) {
  at::Tensor chosen = labels.masked_fill(labels.eq(0), kIgnored);
  const at::Tensor several = labels.select(1, HeadIndex("texture_1")).ne(0);
  for (size_t i = 0; i < CaptionHeads().size(); ++i) {
    const std::string& name = CaptionHeads()[i].name;
    at::Tensor column = chosen.select(1, static_cast<int64_t>(i));
    if (absl::EndsWith(name, "_0") || name == "relation") column.masked_fill_(several, kIgnored);
    if (absl::EndsWith(name, "_1") || absl::EndsWith(name, "_2")) column.fill_(kIgnored);
  }
  return chosen;
}

absl::StatusOr<std::unique_ptr<CriticStage>> CriticStage::Create(const TrainingRecipe& recipe,
                                                                 const nlohmann::json& text_config,
                                                                 const TrainingData* data,
                                                                 const CaptionBank* captions,
                                                                 at::Device device) {
  std::unique_ptr<CriticStage> stage(new CriticStage(recipe, data, captions, device));
  STROBE_ASSIGN_OR_RETURN(stage->text_, BuildTextModel(text_config, recipe.seed, stage->weights_));
  const ParameterInitializer initializer = DefaultInitializer(recipe.seed);
  StateDictLoader loader = stage->weights_.Loader("critic", initializer);
  stage->pictures_.emplace(loader);
  loader.Take("caption_projection", {ScenePictureEncoder::kEmbedding, recipe.network.text_width});
  stage->heads_.Add(
      {{"heads.weight",
        initializer("heads.weight", {NumCaptionClasses(), ScenePictureEncoder::kFeatures})},
       {"heads.bias", at::zeros({NumCaptionClasses()}, at::kFloat)},
       {"log_scale", at::zeros({}, at::kFloat) + kFirstLogScale}});
  stage->learner_ = std::make_unique<Learner>(
      std::vector<LearningGroup>{{"critic", &stage->weights_, 1.0}, {"heads", &stage->heads_, 1.0}},
      recipe.critic.ToLearnerOptions());
  return stage;
}

absl::StatusOr<StepReport> CriticStage::RunStep(int64_t step) {
  StepRandom random(recipe_.seed, name(), step, device());
  const std::vector<int64_t> rows = random.Indices(batch_size(), data_->size());
  std::vector<int64_t> captions;
  for (const int64_t row : rows) {
    captions.push_back(captions_->CaptionOf(row, random.scalars().Uniform()));
  }
  STROBE_ASSIGN_OR_RETURN(const at::Tensor pictures, data_->Pictures(rows));
  at::Tensor features;
  at::Tensor wanted;
  {
    const Autocast autocast(precision_, device().type());
    features =
        pictures_->Features(pictures.to(device()).contiguous(at::MemoryFormat::ChannelsLast));
    wanted = EmbedCaptions(*text_, weights_.tensors().at("caption_projection"),
                           captions_->TokenIds(captions).to(device()));
  }
  const at::Tensor scale = heads_.tensors().at("log_scale").exp().clamp_max(kLargestScale);
  const at::Tensor logits = scale * at::matmul(pictures_->Embed(features), wanted.t());
  const at::Tensor diagonal = at::arange(batch_size(), logits.options().dtype(at::kLong));
  const at::Tensor contrastive =
      (at::cross_entropy_loss(logits, diagonal) + at::cross_entropy_loss(logits.t(), diagonal)) /
      2.0;
  const at::Tensor classes =
      at::linear(features, heads_.tensors().at("heads.weight"), heads_.tensors().at("heads.bias"));
  const at::Tensor classification =
      ClassificationLoss(classes, PictureLabels(captions_->Labels(captions).to(device())));
  STROBE_ASSIGN_OR_RETURN(const LearnerReport report,
                          learner_->Step(contrastive + 0.25 * classification, step));
  return StepReport{
      report.loss,
      report.gradient_norm,
      report.learning_rate,
      {{"loss_contrastive", contrastive.item<double>()},
       {"loss_classification", classification.item<double>()},
       {"matched", logits.argmax(1).eq(diagonal).to(at::kFloat).mean().item<double>()}}};
}

StateDict CriticStage::Weights() const { return learner_->averaged(0).Snapshot(); }

}  // namespace strobe::model
