#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/latent_cache.h"
#include "model/training/data/training_data.h"
#include "model/training/methods/prompt_conditioner.h"
#include "model/training/networks/trained_model.h"
#include "model/training/run/model_card.h"
#include "model/training/run/training_run.h"
#include "model/training/stages/distillation_stage.h"

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
  const auto measured =
      MeasureAlignment(student, recipe.data, recipe.step_counts, 1.0, options.device);
  if (!measured.ok()) return measured.status();
  ModelCard card;
  card.name = std::filesystem::path(options.output).filename().string();
  card.step_counts = recipe.step_counts;
  // A part of Imagine Flash; without effect where the start noise is known from the prediction.
  card.noise_correction = recipe.method == "imagine-flash" &&
                          student.scheduler_config.at("prediction_type") == "epsilon";
  card.image_size = recipe.data.image_size;
  card.text = ModelCardText(card.name, RecipeJson(recipe).dump(2), *measured);
  for (const MeasuredAlignment& row : *measured) {
    options.trainer.progress(absl::StrCat("student, ", row.num_steps, " steps: all right in ",
                                          100 * row.check.all_right, " % of 200 prompts"));
  }
  return WriteTrainedModel(options.output, student, card);
}

// What a student is taught with, beside the networks themselves.
struct Lessons {
  absl::Status Prepare(const DistillationRecipe& recipe, const TrainedModel& teacher,
                       at::Device device);

  absl::StatusOr<at::Tensor> Latents(const std::vector<int64_t>& pictures) {
    if (!encoder.ok()) return encoder;
    return cache->Latents(pictures);
  }

  std::unique_ptr<TrainingData> data;
  std::unique_ptr<PromptConditioner> conditioner;
  std::optional<CaptionBank> captions;
  absl::Status encoder;  // of pictures; a teacher without one will do where none are looked at
  std::optional<LatentCache> cache;
};

absl::Status Lessons::Prepare(const DistillationRecipe& recipe, const TrainedModel& teacher,
                              at::Device device) {
  auto text = PromptConditioner::Create(teacher, recipe.data.image_size, device);
  if (!text.ok()) return text.status();
  conditioner = *std::move(text);
  auto pictures = TrainingData::Create(recipe.data, recipe.seed);
  if (!pictures.ok()) return pictures.status();
  data = *std::move(pictures);
  auto bank = CaptionBank::Create(data->size(), data->captions(), conditioner->tokenizers());
  if (!bank.ok()) return bank.status();
  captions = *std::move(bank);
  auto built = BuildImageEncoder(teacher, device);
  encoder = built.status();
  if (built.ok()) cache.emplace(data.get(), *std::move(built), device);
  return absl::OkStatus();
}

absl::Status Distill(const DistillationRecipe& recipe, const std::string& teacher,
                     const RunOptions& options) {
  absl::StatusOr<TrainedModel> model = ReadTrainedModel(teacher);
  if (!model.ok()) return model.status();
  Lessons lessons;
  absl::Status status = lessons.Prepare(recipe, *model, options.device);
  if (!status.ok()) return status;
  DistillationData data;
  data.captions = &*lessons.captions;
  data.conditioner = lessons.conditioner.get();
  data.latents = [&](const std::vector<int64_t>& rows) { return lessons.Latents(rows); };
  data.device = options.device;
  const auto stage = DistillationStage::Create(recipe, *model, data);
  if (!stage.ok()) return stage.status();
  options.trainer.progress(
      absl::StrCat(lessons.data->size(), " pictures, ", lessons.captions->num_captions(),
                   " captions; trains at ", recipe.data.image_size,
                   " pixels, the teacher's own size is ", (*stage)->teacher_image_size()));
  status = Trainer(options.trainer).Run(**stage, Configuration(recipe, *model));
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
