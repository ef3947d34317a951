#include "model/training/run/critic_run.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/recipe_json.h"
#include "model/training/data/tokenizer_training.h"
#include "model/training/data/training_data.h"
#include "model/training/run/run_folders.h"
#include "model/training/stages/critic_stage.h"
#include "model/training/stages/network_configs.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

absl::Status WriteCritic(const std::string& folder, const StateDict& weights,
                         const nlohmann::json& text_config, const ClipTokenizerFiles& tokenizer) {
  const std::pair<const char*, std::string> texts[] = {
      {"text_config.json", text_config.dump(2) + "\n"},
      {"vocab.json", tokenizer.vocab_json},
      {"merges.txt", tokenizer.merges_txt},
      {"special_tokens_map.json", tokenizer.special_tokens_map_json},
      {"tokenizer_config.json", tokenizer.tokenizer_config_json}};
  for (const auto& [name, text] : texts) {
    STROBE_RETURN_IF_ERROR(WriteFile(absl::StrCat(folder, "/", name), text));
  }
  StateDict halves;
  for (const auto& [name, tensor] : weights) halves[name] = tensor.to(at::kHalf);
  return WriteSafetensors(absl::StrCat(folder, "/critic.safetensors"), halves);
}

absl::Status TrainCritic(const TrainingRecipe& recipe, const RunOptions& options) {
  STROBE_ASSIGN_OR_RETURN(
      const OutputFolder output,
      OpenRunFolders(OutputKind::kCritic, options, {{"the data's folder", recipe.data.folder}}));
  STROBE_ASSIGN_OR_RETURN(const auto data, TrainingData::Create(recipe.data, recipe.seed));
  STROBE_ASSIGN_OR_RETURN(const WordCounts words, data->Words(kTokenizerPictures));
  const ClipTokenizerFiles files =
      TrainTokenizer(words, recipe.network.text_positions, recipe.network.max_merges);
  STROBE_ASSIGN_OR_RETURN(const ClipTokenizer tokenizer, ClipTokenizer::Create(files));
  STROBE_ASSIGN_OR_RETURN(const CaptionBank captions,
                          CaptionBank::Create(data->size(), data->captions(), {&tokenizer}));
  const nlohmann::json text_config = TextConfigJson(recipe.network, tokenizer.largest_id() + 1);
  STROBE_ASSIGN_OR_RETURN(const auto stage, CriticStage::Create(recipe, text_config, data.get(),
                                                                &captions, options.device));
  STROBE_RETURN_IF_ERROR(Trainer(options.trainer).Run(*stage, RecipeJson(recipe).dump()));
  return output.Write([&](const std::string& folder) {
    return WriteCritic(folder, stage->Weights(), text_config, files);
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
