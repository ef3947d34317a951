#include "model/training/stages/critic_stage.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <nlohmann/json.hpp>

#include "base/status_macros.h"
#include "model/evaluation/head_answers.h"
#include "model/evaluation/picture_critic.h"
#include "model/training/networks/parameter_init.h"
#include "model/training/networks/training_random.h"
#include "model/training/stages/attribute_loss.h"
#include "model/training/stages/text_stage.h"

namespace strobe::model {
namespace {

constexpr double kFirstLogScale = 2.3;  // of the cosines: ln 10
constexpr double kLargestScale = 100.0;
constexpr double kClassificationWeight = 0.25;
constexpr int64_t kMeasuredAtOnce = 100;  // pictures
constexpr char kHeadWeight[] = "heads.weight";
constexpr char kHeadBias[] = "heads.bias";

// What the picture's features say of the heads, [B, classes of all].
at::Tensor HeadLogits(const at::Tensor& features, const ParameterSet& heads) {
  return at::linear(features, heads.tensors().at(kHeadWeight), heads.tensors().at(kHeadBias));
}

}  // namespace

absl::StatusOr<std::unique_ptr<CriticStage>> CriticStage::Create(const TrainingRecipe& recipe,
                                                                 const nlohmann::json& text_config,
                                                                 const TrainingData* data,
                                                                 const CaptionBank* captions,
                                                                 at::Device device) {
  std::unique_ptr<CriticStage> stage(new CriticStage(recipe, data, captions, device));
  STROBE_ASSIGN_OR_RETURN(stage->text_, BuildTextModel(text_config, recipe.seed, stage->weights_));
  const ParameterInitializer initializer = DefaultInitializer(recipe.seed);
  StateDictLoader loader = stage->weights_.Loader("critic", initializer);
  const PictureEncoder::Options encoder = stage->Config().encoder;
  stage->pictures_.emplace(loader, encoder);
  loader.Take("caption_projection", {PictureEncoder::kEmbedding, recipe.network.text_width});
  const int64_t classes = NumClasses(captions->heads());
  stage->heads_.Add({{kHeadWeight, initializer(kHeadWeight, {classes, PictureEncoder::kFeatures})},
                     {kHeadBias, at::zeros({classes}, at::kFloat)},
                     {"log_scale", at::zeros({}, at::kFloat) + kFirstLogScale}});
  stage->learner_ = std::make_unique<Learner>(
      std::vector<LearningGroup>{{"critic", &stage->weights_, 1.0}, {"heads", &stage->heads_, 1.0}},
      recipe.critic.ToLearnerOptions());
  StateDictLoader averaged = stage->learner_->averaged(0).Loader("critic", nullptr);
  stage->averaged_pictures_.emplace(averaged, encoder);
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
  const at::Tensor classification = AttributeLoss(captions_->heads(), HeadLogits(features, heads_),
                                                  captions_->PictureLabels(rows).to(device()));
  STROBE_ASSIGN_OR_RETURN(
      const LearnerReport report,
      learner_->Step(contrastive + kClassificationWeight * classification, step));
  return StepReport{
      report.loss,
      report.gradient_norm,
      report.learning_rate,
      {{"loss_contrastive", contrastive.item<double>()},
       {"loss_classification", classification.item<double>()},
       {"matched", logits.argmax(1).eq(diagonal).to(at::kFloat).mean().item<double>()}}};
}

StateDict CriticStage::Weights() const {
  StateDict weights = learner_->averaged(0).Snapshot();
  const StateDict heads = learner_->averaged(1).Snapshot();
  for (const char* name : {kHeadWeight, kHeadBias}) weights[name] = heads.at(name);
  return weights;
}

CriticConfig CriticStage::Config() const {
  CriticConfig config;
  config.encoder.picture_size = data_->image_size();
  config.encoder.widths = recipe_.critic_network.widths;
  config.encoder.blocks = recipe_.critic_network.blocks;
  config.heads = captions_->heads();
  config.accuracy.resize(config.heads.size());
  return config;
}

absl::StatusOr<std::vector<DetectorAccuracy>> CriticStage::Accuracy(
    const TrainingData& data, const CaptionBank& captions) const {
  const at::NoGradGuard no_grad;
  std::vector<DetectorAccuracy> accuracy(captions.heads().size());
  for (int64_t first = 0; first < data.size(); first += kMeasuredAtOnce) {
    std::vector<int64_t> rows(static_cast<size_t>(std::min(kMeasuredAtOnce, data.size() - first)));
    std::iota(rows.begin(), rows.end(), first);
    STROBE_ASSIGN_OR_RETURN(const at::Tensor pictures, data.Pictures(rows));
    const at::Tensor logits =
        HeadLogits(averaged_pictures_->Features(pictures.to(device())), learner_->averaged(1));
    const at::Tensor labels = captions.PictureLabels(rows);
    const at::Tensor applies = labels.gt(kNotSaid);
    const at::Tensor right =
        AnswersOf(logits, captions.heads()).to(at::kCPU).eq(labels).logical_and(applies);
    for (size_t i = 0; i < accuracy.size(); ++i) {
      const int64_t head = static_cast<int64_t>(i);
      accuracy[i].pictures += applies.select(1, head).sum().item<int64_t>();
      accuracy[i].right += right.select(1, head).sum().item<int64_t>();
    }
  }
  return accuracy;
}

}  // namespace strobe::model
