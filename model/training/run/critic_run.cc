#include "model/training/run/critic_run.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/evaluation/critic_config.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/held_out.h"
#include "model/training/data/recipe_json.h"
#include "model/training/data/tokenizer_training.h"
#include "model/training/data/training_data.h"
#include "model/training/run/run_folders.h"
#include "model/training/stages/critic_stage.h"
#include "model/training/stages/network_configs.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

constexpr int64_t kMostMeasured = 5000;  // pictures; no more than it learns from either
constexpr int kLeastSize = 32;           // pixels; what a critic of four halvings can still see

absl::Status WriteCritic(const std::string& folder, const CriticStage& stage,
                         const CriticConfig& config, const nlohmann::json& text_config,
                         const ClipTokenizerFiles& tokenizer) {
  const std::pair<const char*, std::string> texts[] = {
      {"critic.json", CriticConfigJson(config).dump(2) + "\n"},
      {"text_config.json", text_config.dump(2) + "\n"},
      {"vocab.json", tokenizer.vocab_json},
      {"merges.txt", tokenizer.merges_txt},
      {"special_tokens_map.json", tokenizer.special_tokens_map_json},
      {"tokenizer_config.json", tokenizer.tokenizer_config_json}};
  for (const auto& [name, text] : texts) {
    STROBE_RETURN_IF_ERROR(WriteFile(absl::StrCat(folder, "/", name), text));
  }
  StateDict halves;
  for (const auto& [name, tensor] : stage.Weights()) halves[name] = tensor.to(at::kHalf);
  return WriteSafetensors(absl::StrCat(folder, "/critic.safetensors"), halves);
}

// A line for each attribute that applies to a picture.
std::string AccuracyTable(const CriticConfig& config) {
  std::string table = absl::StrCat(
      "detectors, on ", config.measured_on, ":\n",
      absl::StrFormat("%-16s %8s %9s %8s", "attribute", "values", "pictures", "right"));
  for (size_t i = 0; i < config.heads.size(); ++i) {
    if (config.accuracy[i].pictures == 0) continue;
    absl::StrAppend(&table,
                    absl::StrFormat("\n%-16s %8d %9d %6.1f %%", config.heads[i].name,
                                    config.heads[i].classes.size() - 1, config.accuracy[i].pictures,
                                    100 * config.accuracy[i].share()));
  }
  return table;
}

absl::Status CheckData(const TrainingRecipe& recipe, const TrainingData& data) {
  if (data.pictures().heads().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(recipe.data.folder,
                     ": metadata.jsonl has no \"attributes\", which a critic learns to tell; "
                     "add them (docs/training/data.md), or leave --data out for drawn "
                     "scenes"));
  }
  if (data.image_size() < kLeastSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("pictures of ", data.image_size(),
                     " pixels are too small for a critic: ", kLeastSize, " at least"));
  }
  return absl::OkStatus();
}

// What the trained critic is, and how it does on pictures that it did not learn from.
absl::StatusOr<CriticConfig> MeasuredConfig(const CriticStage& stage, const HeldOut& held_out) {
  CriticConfig config = stage.Config();
  STROBE_ASSIGN_OR_RETURN(config.accuracy, stage.Accuracy(*held_out.data, held_out.captions));
  config.measured_on = absl::StrCat(held_out.data->size(), " ", held_out.data->kind());
  return config;
}

absl::Status TrainCritic(const TrainingRecipe& recipe, const RunOptions& options) {
  STROBE_ASSIGN_OR_RETURN(const OutputFolder output,
                          OpenRunFolders(OutputKind::kCritic, options,
                                         {{"the data's folder", recipe.data.folder},
                                          {"the folder of --test", recipe.test_folder}}));
  STROBE_ASSIGN_OR_RETURN(const auto data, TrainingData::CreateForTraining(recipe));
  STROBE_RETURN_IF_ERROR(CheckData(recipe, *data));
  STROBE_ASSIGN_OR_RETURN(const WordCounts words, data->Words());
  const ClipTokenizerFiles files =
      TrainTokenizer(words, recipe.network.text_positions, recipe.network.max_merges);
  STROBE_ASSIGN_OR_RETURN(const ClipTokenizer tokenizer, ClipTokenizer::Create(files));
  STROBE_ASSIGN_OR_RETURN(const CaptionBank captions,
                          CaptionBank::Create(data->pictures(), {&tokenizer}));
  STROBE_ASSIGN_OR_RETURN(
      const HeldOut held_out,
      MakeHeldOut(recipe, std::min(kMostMeasured, data->size()), tokenizer, captions.heads()));
  const nlohmann::json text_config = TextConfigJson(recipe.network, tokenizer.largest_id() + 1);
  STROBE_ASSIGN_OR_RETURN(const auto stage, CriticStage::Create(recipe, text_config, data.get(),
                                                                &captions, options.device));
  STROBE_RETURN_IF_ERROR(Trainer(options.trainer).Run(*stage, RecipeJson(recipe).dump()));
  STROBE_ASSIGN_OR_RETURN(const CriticConfig config, MeasuredConfig(*stage, held_out));
  options.trainer.progress(AccuracyTable(config));
  return output.Write([&](const std::string& folder) {
    return WriteCritic(folder, *stage, config, text_config, files);
  });
}

}  // namespace

absl::Status RunCriticTraining(const TrainingRecipe& recipe, const RunOptions& options) {
  try {
    return TrainCritic(recipe, options);
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

}  // namespace strobe::model
