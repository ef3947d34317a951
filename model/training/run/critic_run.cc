#include <filesystem>
#include <fstream>
#include <system_error>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "model/text/clip/clip_tokenizer.h"
#include "model/training/data/caption_bank.h"
#include "model/training/data/tokenizer_training.h"
#include "model/training/data/training_data.h"
#include "model/training/run/training_run.h"
#include "model/training/stages/critic_stage.h"
#include "model/training/stages/network_configs.h"
#include "model/weights/safetensors_writer.h"

namespace strobe::model {
namespace {

absl::Status WriteCritic(const std::string& directory, const StateDict& weights,
                         const nlohmann::json& text_config, const ClipTokenizerFiles& tokenizer) {
  const std::filesystem::path root(directory);
  std::error_code error;
  std::filesystem::create_directories(root, error);
  if (error) return absl::UnavailableError(absl::StrCat(directory, ": ", error.message()));
  StateDict halves;
  for (const auto& [name, tensor] : weights) halves[name] = tensor.to(at::kHalf);
  const std::pair<const char*, std::string> texts[] = {
      {"text_config.json", text_config.dump(2) + "\n"},
      {"vocab.json", tokenizer.vocab_json},
      {"merges.txt", tokenizer.merges_txt},
      {"special_tokens_map.json", tokenizer.special_tokens_map_json},
      {"tokenizer_config.json", tokenizer.tokenizer_config_json}};
  for (const auto& [name, text] : texts) {
    std::ofstream file(root / name, std::ios::binary);
    file << text;
    file.flush();
    if (!file) return absl::UnavailableError(absl::StrCat(directory, ": ", name, ": not written"));
  }
  return WriteSafetensors((root / "critic.safetensors").string(), halves);
}

}  // namespace

absl::Status RunCriticTraining(const TrainingRecipe& recipe, const RunOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.trainer.directory, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(options.trainer.directory, ": ", error.message()));
  }
  try {
    const auto data = TrainingData::Create(recipe.data, recipe.seed);
    if (!data.ok()) return data.status();
    const absl::StatusOr<WordCounts> words = (*data)->Words(kTokenizerPictures);
    if (!words.ok()) return words.status();
    const ClipTokenizerFiles files =
        TrainTokenizer(*words, recipe.network.text_positions, recipe.network.max_merges);
    const absl::StatusOr<ClipTokenizer> tokenizer = ClipTokenizer::Create(files);
    if (!tokenizer.ok()) return tokenizer.status();
    const auto captions = CaptionBank::Create((*data)->size(), (*data)->captions(), {&*tokenizer});
    if (!captions.ok()) return captions.status();
    const nlohmann::json text_config = TextConfigJson(recipe.network, tokenizer->largest_id() + 1);
    const auto stage =
        CriticStage::Create(recipe, text_config, data->get(), &*captions, options.device);
    if (!stage.ok()) return stage.status();
    const absl::Status status = Trainer(options.trainer).Run(**stage, RecipeJson(recipe).dump());
    if (!status.ok()) return status;
    return WriteCritic(options.output, (*stage)->Weights(), text_config, files);
  } catch (const std::exception& exception) {
    return absl::InternalError(exception.what());
  }
}

}  // namespace strobe::model
