#include "model/training/run/training_run.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <ATen/ops/tensor.h>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/held_out.h"
#include "model/training/data/latent_cache.h"
#include "model/training/data/recipe_json.h"
#include "model/training/data/tokenizer_training.h"
#include "model/training/data/training_data.h"
#include "model/training/networks/trained_model.h"
#include "model/training/run/model_card.h"
#include "model/training/run/run_folders.h"
#include "model/training/stages/autoencoder_stage.h"
#include "model/training/stages/network_configs.h"
#include "model/training/stages/teacher_stage.h"
#include "model/training/stages/text_stage.h"

namespace strobe::model {
namespace {

constexpr int64_t kHeldOutPictures = 100;
const std::vector<int> kTeacherStepCounts = {3, 8, 25};

// A teacher in the making.
class TeacherRun {
 public:
  TeacherRun(const TrainingRecipe& recipe, const RunOptions& options, const OutputFolder& output)
      : recipe_(recipe),
        pretraining_(recipe),
        options_(options),
        output_(output),
        trainer_(options.trainer) {}

  absl::Status Run() {
    STROBE_RETURN_IF_ERROR(options_.start_from.empty() ? Pretrain() : StartFromModel());
    STROBE_RETURN_IF_ERROR(TrainTeacher());
    return Write();
  }

 private:
  // Both leave everything but the denoiser. What is started from keeps its latents: only the
  // decoder trains on, if the autoencoder is one of the recipe's shape.
  absl::Status Pretrain();
  absl::Status StartFromModel();
  bool HasAutoencoderOfRecipe() const;

  absl::Status MakeTokenizer();
  absl::Status ReadCaptions(const TrainingRecipe& recipe);
  absl::Status TrainText();
  absl::Status TrainAutoencoder();
  absl::Status TrainDecoder(const TrainingRecipe& recipe);
  absl::Status TrainTeacher();
  absl::Status Write();

  // What a checkpoint must agree with: the parts of the recipe that its stage depends on.
  std::string Configuration(std::initializer_list<const char*> parts) const {
    const nlohmann::json recipe = RecipeJson(recipe_);
    nlohmann::json chosen;
    for (const char* part : {"seed", "precision", "data", "pretraining_domain", "network"}) {
      chosen[part] = recipe.at(part);
    }
    for (const char* part : parts) chosen[part] = recipe.at(part);
    return chosen.dump();
  }

  TrainingRecipe recipe_;
  TrainingRecipe pretraining_;  // the same over the pretraining domain
  RunOptions options_;
  OutputFolder output_;
  Trainer trainer_;
  TrainedModel model_;
  std::unique_ptr<TrainingData> data_;
  std::optional<ClipTokenizer> tokenizer_;
  std::optional<CaptionBank> captions_;
};

absl::Status TeacherRun::Pretrain() {
  if (!recipe_.pretraining_domain.empty()) pretraining_.data.domain = recipe_.pretraining_domain;
  STROBE_RETURN_IF_ERROR(MakeTokenizer());
  STROBE_RETURN_IF_ERROR(ReadCaptions(pretraining_));
  model_.text_config = TextConfigJson(recipe_.network, tokenizer_->largest_id() + 1);
  model_.unet_config = UnetConfigJson(recipe_.network, recipe_.data.image_size);
  model_.vae_config = AutoencoderConfigJson(recipe_.network);
  model_.scheduler_config = SchedulerConfigJson(recipe_.prediction_type);
  STROBE_RETURN_IF_ERROR(TrainText());
  STROBE_RETURN_IF_ERROR(TrainAutoencoder());
  return TrainDecoder(pretraining_);
}

absl::Status TeacherRun::StartFromModel() {
  STROBE_ASSIGN_OR_RETURN(model_, ReadTrainedModel(options_.start_from));
  STROBE_ASSIGN_OR_RETURN(tokenizer_, ClipTokenizer::Create(model_.tokenizer));
  if (recipe_.decoder.steps == 0 || !HasAutoencoderOfRecipe()) return absl::OkStatus();
  const absl::Status status = ReadCaptions(recipe_);
  return status.ok() ? TrainDecoder(recipe_) : status;
}

bool TeacherRun::HasAutoencoderOfRecipe() const {
  nlohmann::json own = AutoencoderConfigJson(recipe_.network);
  own.erase("_diffusers_version");
  return std::all_of(own.items().begin(), own.items().end(), [this](const auto& option) {
    return model_.vae_config.value(option.key(), nlohmann::json()) == option.value();
  });
}

absl::Status TeacherRun::MakeTokenizer() {
  STROBE_ASSIGN_OR_RETURN(const auto data, TrainingData::CreateForTraining(pretraining_));
  STROBE_ASSIGN_OR_RETURN(const WordCounts words, data->Words());
  model_.tokenizer =
      TrainTokenizer(words, recipe_.network.text_positions, recipe_.network.max_merges);
  STROBE_ASSIGN_OR_RETURN(tokenizer_, ClipTokenizer::Create(model_.tokenizer));
  return absl::OkStatus();
}

absl::Status TeacherRun::ReadCaptions(const TrainingRecipe& recipe) {
  STROBE_ASSIGN_OR_RETURN(data_, TrainingData::CreateForTraining(recipe));
  STROBE_ASSIGN_OR_RETURN(captions_, CaptionBank::Create(data_->pictures(), {&*tokenizer_}));
  options_.trainer.progress(absl::StrCat(data_->size(), " pictures, ", captions_->num_captions(),
                                         " captions, ", tokenizer_->largest_id() + 1, " tokens"));
  return absl::OkStatus();
}

absl::Status TeacherRun::TrainText() {
  if (captions_->heads().empty() || recipe_.text.steps == 0) return absl::OkStatus();
  STROBE_ASSIGN_OR_RETURN(const HeldOut held_out, MakeHeldOut(pretraining_, kHeldOutPictures,
                                                              *tokenizer_, captions_->heads()));
  STROBE_ASSIGN_OR_RETURN(const auto stage, TextStage::Create(pretraining_, model_.text_config,
                                                              &*captions_, options_.device));
  STROBE_RETURN_IF_ERROR(trainer_.Run(*stage, Configuration({"text"})));
  model_.text_encoder = stage->Weights();
  options_.trainer.progress(
      absl::StrFormat("text: all attributes right in %.1f %% of the captions of %s",
                      100 * stage->Accuracy(held_out.captions), held_out.data->kind()));
  return absl::OkStatus();
}

absl::Status TeacherRun::TrainAutoencoder() {
  STROBE_ASSIGN_OR_RETURN(const auto stage,
                          AutoencoderStage::Create(pretraining_, data_.get(), options_.device));
  STROBE_RETURN_IF_ERROR(
      trainer_.Run(*stage, Configuration({"autoencoder", "encoder_rate_scale"})));
  model_.vae = stage->Weights();
  STROBE_ASSIGN_OR_RETURN(const double psnr, stage->HeldOutPsnr(kHeldOutPictures));
  options_.trainer.progress(
      absl::StrFormat("autoencoder: %.2f dB on %s", psnr, stage->held_out().kind()));
  return absl::OkStatus();
}

absl::Status TeacherRun::TrainDecoder(const TrainingRecipe& recipe) {
  if (recipe.decoder.steps == 0) return absl::OkStatus();
  STROBE_ASSIGN_OR_RETURN(const auto stage, AutoencoderStage::CreateForDecoder(
                                                recipe, data_.get(), model_.vae, options_.device));
  STROBE_RETURN_IF_ERROR(
      trainer_.Run(*stage, Configuration({"autoencoder", "encoder_rate_scale", "decoder"})));
  model_.vae = stage->Weights();
  STROBE_ASSIGN_OR_RETURN(const double psnr, stage->HeldOutPsnr(kHeldOutPictures));
  options_.trainer.progress(
      absl::StrFormat("decoder: %.2f dB on %s", psnr, stage->held_out().kind()));
  return absl::OkStatus();
}

absl::Status TeacherRun::TrainTeacher() {
  if (recipe_.teacher.steps == 0 && !model_.unet.empty()) return absl::OkStatus();
  STROBE_RETURN_IF_ERROR(ReadCaptions(recipe_));
  STROBE_ASSIGN_OR_RETURN(const auto encoder, BuildImageEncoder(model_, options_.device));
  STROBE_ASSIGN_OR_RETURN(const at::Tensor latents, EncodeAll(*encoder, *data_, options_.device,
                                                              options_.trainer.interrupted));
  options_.trainer.progress(absl::StrCat("encoded ", latents.size(0), " pictures"));
  STROBE_ASSIGN_OR_RETURN(const auto decoder, BuildDecoder(model_, options_.device));
  const TeacherData data = {latents, &*captions_,
                            at::tensor(tokenizer_->Encode("").input_ids, at::kLong), decoder.get(),
                            options_.device};
  STROBE_ASSIGN_OR_RETURN(const auto stage, TeacherStage::Create(recipe_, model_, data));
  STROBE_RETURN_IF_ERROR(
      trainer_.Run(*stage, Configuration({"text", "autoencoder", "encoder_rate_scale", "teacher",
                                          "text_rate_scale", "caption_dropout", "pure_noise_share",
                                          "timestep_exponent", "prediction_type"})));
  model_.unet = stage->UnetWeights();
  model_.text_encoder = stage->TextWeights();
  return absl::OkStatus();
}

absl::Status TeacherRun::Write() {
  STROBE_ASSIGN_OR_RETURN(
      const auto measured,
      MeasureAlignment(model_, recipe_.data, kTeacherStepCounts, recipe_.guidance_scale,
                       /*noise_correction=*/false, options_.device));
  ModelCard card;
  card.name = std::filesystem::path(output_.path()).filename().string();
  card.step_counts = kTeacherStepCounts;
  card.image_size = recipe_.data.image_size;
  STROBE_ASSIGN_OR_RETURN(const auto data, TrainingData::Create(recipe_.data, recipe_.seed));
  STROBE_ASSIGN_OR_RETURN(const std::string prompt, CardPrompt(recipe_.data, data->pictures()));
  card.text = ModelCardText(card.name, RecipeJson(recipe_).dump(2), measured, prompt);
  return WriteTrainedModel(output_, model_, card);
}

}  // namespace

absl::Status RunTraining(const TrainingRecipe& recipe, const RunOptions& options) {
  try {
    std::vector<NamedFolder> inputs = FoldersOfModel("--start-from", options.start_from);
    inputs.push_back({"the data's folder", recipe.data.folder});
    inputs.push_back({"the folder of --test", recipe.test_folder});
    STROBE_ASSIGN_OR_RETURN(const OutputFolder output,
                            OpenRunFolders(OutputKind::kModel, options, inputs));
    return TeacherRun(recipe, options, output).Run();
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

}  // namespace strobe::model
