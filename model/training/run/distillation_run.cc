#include "model/training/run/distillation_run.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/latent_cache.h"
#include "model/training/data/recipe_json.h"
#include "model/training/data/training_data.h"
#include "model/training/methods/prompt_conditioner.h"
#include "model/training/networks/trained_model.h"
#include "model/training/run/model_card.h"
#include "model/training/run/run_folders.h"
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
                          const CaptionedPictures& pictures, const RunOptions& options,
                          const OutputFolder& output) {
  const bool corrected = ServedWithNoiseCorrection(recipe);
  STROBE_ASSIGN_OR_RETURN(
      const std::vector<MeasuredAlignment> measured,
      MeasureAlignment(student, recipe.data, recipe.step_counts, 1.0, corrected, options.device));
  ModelCard card;
  card.name = std::filesystem::path(output.path()).filename().string();
  card.step_counts = recipe.step_counts;
  card.noise_correction = corrected;
  card.image_size = recipe.data.image_size;
  STROBE_ASSIGN_OR_RETURN(const std::string prompt, CardPrompt(recipe.data, pictures));
  card.text = ModelCardText(card.name, RecipeJson(recipe).dump(2), measured, prompt);
  for (const MeasuredAlignment& row : measured) {
    options.trainer.progress(absl::StrCat("student, ", row.num_steps, " steps: all right in ",
                                          100 * row.check.all_right, " % of 200 prompts"));
  }
  return WriteTrainedModel(output, student, card);
}

// What a student is taught with, beside the networks themselves.
struct Lessons {
  absl::Status Prepare(const DistillationRecipe& recipe, const TrainedModel& teacher,
                       at::Device device);

  absl::StatusOr<at::Tensor> Latents(const std::vector<int64_t>& pictures) {
    STROBE_RETURN_IF_ERROR(encoder);
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
  STROBE_ASSIGN_OR_RETURN(conditioner,
                          PromptConditioner::Create(teacher, recipe.data.image_size, device));
  STROBE_ASSIGN_OR_RETURN(data, TrainingData::Create(recipe.data, recipe.seed));
  STROBE_ASSIGN_OR_RETURN(captions,
                          CaptionBank::Create(data->pictures(), conditioner->tokenizers()));
  auto built = BuildImageEncoder(teacher, device);
  encoder = built.status();
  if (built.ok()) cache.emplace(data.get(), *std::move(built), device);
  return absl::OkStatus();
}

absl::Status Distill(const DistillationRecipe& recipe, const std::string& teacher,
                     const RunOptions& options) {
  std::vector<NamedFolder> inputs = FoldersOfModel("the teacher", teacher);
  inputs.push_back({"the data's folder", recipe.data.folder});
  STROBE_ASSIGN_OR_RETURN(const OutputFolder output,
                          OpenRunFolders(OutputKind::kModel, options, inputs));
  STROBE_ASSIGN_OR_RETURN(TrainedModel model, ReadTrainedModel(teacher));
  Lessons lessons;
  STROBE_RETURN_IF_ERROR(lessons.Prepare(recipe, model, options.device));
  DistillationData data;
  data.captions = &*lessons.captions;
  data.conditioner = lessons.conditioner.get();
  data.latents = [&](const std::vector<int64_t>& rows) { return lessons.Latents(rows); };
  data.device = options.device;
  STROBE_ASSIGN_OR_RETURN(const auto stage, DistillationStage::Create(recipe, model, data));
  options.trainer.progress(
      absl::StrCat(lessons.data->size(), " pictures, ", lessons.captions->num_captions(),
                   " captions; trains at ", recipe.data.image_size,
                   " pixels, the teacher's own size is ", stage->teacher_image_size()));
  STROBE_RETURN_IF_ERROR(Trainer(options.trainer).Run(*stage, Configuration(recipe, model)));
  model.unet = stage->Weights();
  model.lora = stage->Adapters();
  model.scheduler_config = stage->student_scheduler();
  return WriteStudent(recipe, model, lessons.data->pictures(), options, output);
}

}  // namespace

absl::Status RunDistillation(const DistillationRecipe& recipe, const std::string& teacher,
                             const RunOptions& options) {
  try {
    return Distill(recipe, teacher, options);
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

}  // namespace strobe::model
