#include "model/training/stages/text_stage.h"

#include <utility>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "model/training/networks/parameter_init.h"
#include "model/training/networks/training_random.h"
#include "model/training/stages/attribute_loss.h"

namespace strobe::model {
namespace {

constexpr char kTokenEmbedding[] = "text_model.embeddings.token_embedding.weight";

// The attributes of the caption, from the last position.
at::Tensor Logits(const ClipTextModel& encoder, const ParameterSet& heads, const at::Tensor& ids) {
  return at::linear(encoder.Forward(ids).last_hidden_state.select(1, -1),
                    heads.tensors().at("heads.weight"), heads.tensors().at("heads.bias"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClipTextModel>> BuildTextModel(const nlohmann::json& config,
                                                              uint64_t seed,
                                                              ParameterSet& weights) {
  STROBE_ASSIGN_OR_RETURN(const ClipTextConfig read, ClipTextConfig::FromJson(config));
  const ParameterInitializer initializer = ClipTextInitializer(seed, read.num_hidden_layers);
  if (weights.tensors().empty()) {
    // The name of this one tells the model how the others are spelled.
    weights.Add(
        {{kTokenEmbedding, initializer(kTokenEmbedding, {read.vocab_size, read.hidden_size})}});
  }
  StateDictLoader loader = weights.Loader("text_encoder", initializer);
  std::unique_ptr<ClipTextModel> model =
      ClipTextModel::Create(read, ClipTextModel::Head::kNone, loader);
  STROBE_RETURN_IF_ERROR(loader.Finish());
  return model;
}

absl::StatusOr<std::unique_ptr<TextStage>> TextStage::Create(const TrainingRecipe& recipe,
                                                             const nlohmann::json& text_config,
                                                             const CaptionBank* captions,
                                                             at::Device device) {
  if (captions->heads().empty()) {
    return absl::InvalidArgumentError("the captions do not say what is true of their pictures");
  }
  std::unique_ptr<TextStage> stage(new TextStage(recipe, captions, device));
  STROBE_ASSIGN_OR_RETURN(stage->encoder_,
                          BuildTextModel(text_config, recipe.seed, stage->encoder_weights_));
  const ParameterInitializer initializer = DefaultInitializer(recipe.seed);
  const int64_t classes = NumClasses(captions->heads());
  stage->head_weights_.Add(
      {{"heads.weight", initializer("heads.weight", {classes, recipe.network.text_width})},
       {"heads.bias", initializer("heads.bias", {classes})}});
  stage->learner_ = std::make_unique<Learner>(
      std::vector<LearningGroup>{{"text_encoder", &stage->encoder_weights_, 1.0},
                                 {"heads", &stage->head_weights_, 1.0}},
      recipe.text.ToLearnerOptions());
  STROBE_ASSIGN_OR_RETURN(stage->averaged_encoder_,
                          BuildTextModel(text_config, recipe.seed, stage->learner_->averaged(0)));
  return stage;
}

absl::StatusOr<StepReport> TextStage::RunStep(int64_t step) {
  const int parts = recipe_.text.micro_batches;
  const AttributeHeads& heads = captions_->heads();
  double accuracy = 0.0;
  for (int part = 0; part < parts; ++part) {
    StepRandom random(recipe_.seed, name(), step * parts + part);
    const std::vector<int64_t> rows =
        random.Indices(batch_size() / parts, captions_->num_captions());
    const at::Tensor labels = captions_->CaptionLabels(rows).to(device());
    const at::Tensor logits = [&] {
      const Autocast autocast(precision_, device().type());
      return Logits(*encoder_, head_weights_, captions_->TokenIds(rows).to(device()))
          .to(at::kFloat);
    }();
    STROBE_RETURN_IF_ERROR(learner_->Accumulate(AttributeLoss(heads, logits, labels), step, parts));
    accuracy += AttributeAccuracy(heads, logits, labels) / parts;
  }
  STROBE_ASSIGN_OR_RETURN(const LearnerReport report, learner_->Update(step));
  return StepReport{
      report.loss, report.gradient_norm, report.learning_rate, {{"accuracy", accuracy}}};
}

double TextStage::Accuracy(const CaptionBank& bank) const {
  const at::NoGradGuard no_grad;
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < bank.num_captions(); ++row) rows.push_back(row);
  const at::Tensor logits =
      Logits(*averaged_encoder_, learner_->averaged(1), bank.TokenIds(rows).to(device()));
  return AttributeAccuracy(bank.heads(), logits, bank.CaptionLabels(rows).to(device()));
}

}  // namespace strobe::model
