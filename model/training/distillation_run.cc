#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/text/clip_tokenizer.h"
#include "model/training/caption_bank.h"
#include "model/training/distillation_stage.h"
#include "model/training/latent_cache.h"
#include "model/training/model_card.h"
#include "model/training/trained_model.h"
#include "model/training/training_data.h"
#include "model/training/training_run.h"

namespace strobe::model {
namespace {

// Tells teachers apart in a checkpoint's configuration.
uint64_t Fingerprint(const StateDict& tensors) {
  uint64_t hash = 0;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor bytes = tensor.detach().to(at::kFloat).contiguous();
    const absl::string_view view(static_cast<const char*>(bytes.const_data_ptr()), bytes.nbytes());
    hash = MixBits(hash ^ HashName(name) ^ HashName(view));
  }
  return hash;
}

std::string Configuration(const DistillationRecipe& recipe, const TrainedModel& teacher) {
  nlohmann::json json = RecipeJson(recipe);
  json["teacher"] = Fingerprint(teacher.unet);
  return json.dump();
}

absl::Status WriteStudent(const DistillationRecipe& recipe, const TrainedModel& student,
                          const RunOptions& options) {
  const auto measured = MeasureAlignment(student, recipe.data, recipe.step_counts, 1.0);
  if (!measured.ok()) return measured.status();
  ModelCard card;
  card.name = std::filesystem::path(options.output).filename().string();
  card.step_counts = recipe.step_counts;
  card.noise_correction = student.scheduler_config.value("prediction_type", "epsilon") == "epsilon";
  card.image_size = recipe.data.image_size;
  card.text = ModelCardText(card.name, RecipeJson(recipe).dump(2), *measured);
  for (const MeasuredAlignment& row : *measured) {
    options.trainer.progress(absl::StrCat("student, ", row.num_steps, " steps: all right in ",
                                          100 * row.check.all_right, " % of 200 prompts"));
  }
  return WriteTrainedModel(options.output, student, card);
}

absl::Status Distill(const DistillationRecipe& recipe, const std::string& teacher,
                     const RunOptions& options) {
  absl::StatusOr<TrainedModel> model = ReadTrainedModel(teacher);
  if (!model.ok()) return model.status();
  const absl::StatusOr<ClipTokenizer> tokenizer = ClipTokenizer::Create(model->tokenizer);
  if (!tokenizer.ok()) return tokenizer.status();
  const auto data = TrainingData::Create(recipe.data, recipe.seed);
  if (!data.ok()) return data.status();
  const auto captions = CaptionBank::Create((*data)->size(), (*data)->captions(), *tokenizer);
  if (!captions.ok()) return captions.status();

  DistillationData stage_data;
  stage_data.captions = &*captions;
  stage_data.empty_caption = at::tensor(tokenizer->Encode("").input_ids, at::kLong);
  const auto encoder = BuildEncoder(*model);
  stage_data.latents = [&](const std::vector<int64_t>& rows) -> absl::StatusOr<at::Tensor> {
    if (!encoder.ok()) return encoder.status();
    const absl::StatusOr<at::Tensor> pictures = (*data)->Pictures(rows);
    if (!pictures.ok()) return pictures.status();
    return (*encoder)->Encode(*pictures).detach();
  };
  const auto stage = DistillationStage::Create(recipe, *model, stage_data);
  if (!stage.ok()) return stage.status();
  const absl::Status status = Trainer(options.trainer).Run(**stage, Configuration(recipe, *model));
  if (!status.ok()) return status;
  model->unet = (*stage)->Weights();
  model->lora = (*stage)->Adapters();
  model->scheduler_config = (*stage)->student_scheduler();
  return WriteStudent(recipe, *model, options);
}

}  // namespace

absl::Status RunDistillation(const DistillationRecipe& recipe, const std::string& teacher,
                             const RunOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.trainer.directory, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(options.trainer.directory, ": ", error.message()));
  }
  try {
    return Distill(recipe, teacher, options);
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

}  // namespace strobe::model
