#include "model/pipeline/families/clip_text_loading.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "model/pipeline/load_problems.h"
#include "model/text/clip/clip_tokenizer.h"

namespace strobe::model {
namespace {

absl::StatusOr<ClipTokenizer> LoadTokenizer(const std::string& folder,
                                            const ComponentLoader& loader) {
  ClipTokenizer::Files files;
  // Each may be absent: transformers 5 saves tokenizer.json in place of the first two. Creating the
  // tokenizer says which one is missed.
  const std::pair<const char*, std::string*> wanted[] = {
      {"vocab.json", &files.vocab_json},
      {"merges.txt", &files.merges_txt},
      {"special_tokens_map.json", &files.special_tokens_map_json},
      {"tokenizer_config.json", &files.tokenizer_config_json},
      {"tokenizer.json", &files.tokenizer_json}};
  for (const auto& [name, destination] : wanted) {
    absl::StatusOr<std::string> text = loader.directory().ReadText(folder, name);
    if (text.ok()) {
      *destination = *std::move(text);
    } else if (!absl::IsNotFound(text.status())) {
      return text.status();
    }
  }
  absl::StatusOr<ClipTokenizer> tokenizer = ClipTokenizer::Create(files);
  if (!tokenizer.ok()) return loader.InFile(folder, tokenizer.status());
  return tokenizer;
}

}  // namespace

std::vector<ComponentSpec> ClipTextSource::components() const {
  return {{ComponentRole::kTokenizer, tokenizer, {"CLIPTokenizer", "CLIPTokenizerFast"}},
          {ComponentRole::kTextEncoder, text_encoder, {text_encoder_class}}};
}

absl::StatusOr<std::unique_ptr<TextEncoder>> LoadClipTextEncoder(const ClipTextSource& source,
                                                                 ComponentLoader& loader) {
  const std::vector<ComponentSpec> specs = source.components();
  LoadProblems problems;
  for (const ComponentSpec& spec : specs) problems.Add(loader.CheckClass(spec));
  if (!problems.none()) return problems.status();
  std::optional<ClipTokenizer> tokenizer = problems.Take(LoadTokenizer(source.tokenizer, loader));
  ClipTextConfig text_config;
  auto model = problems.Take(loader.LoadNetwork<ClipTextModel>(
      specs[1],
      [&](const nlohmann::json& json,
          StateDictLoader& tensors) -> absl::StatusOr<std::unique_ptr<ClipTextModel>> {
        STROBE_ASSIGN_OR_RETURN(text_config, ClipTextConfig::FromJson(json));
        return ClipTextModel::Create(text_config, source.head, tensors);
      }));
  if (!problems.none()) return problems.status();
  return std::make_unique<ClipTextEncoder>(*std::move(tokenizer), text_config, source.head,
                                           source.layer, *std::move(model));
}

}  // namespace strobe::model
