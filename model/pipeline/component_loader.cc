#include "model/pipeline/component_loader.h"

#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/pipeline/load_problems.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {
namespace {

constexpr char kPreviewClass[] = "AutoencoderTiny";

}  // namespace

absl::Status ComponentLoader::InFile(absl::string_view file, const absl::Status& status) const {
  return absl::Status(status.code(),
                      absl::StrCat(directory_.path(), "/", file, ": ", status.message()));
}

absl::Status ComponentLoader::CheckClass(const std::string& component,
                                         const std::vector<std::string>& classes) const {
  const std::string found = directory_.ComponentClass(component);
  for (const std::string& name : classes) {
    if (found == name) return absl::OkStatus();
  }
  const std::string what = found.empty() ? "is missing" : absl::StrCat("is a '", found, "'");
  return InFile("model_index.json",
                absl::InvalidArgumentError(absl::StrCat(
                    "the ", component, " ", what, ", supported: ", absl::StrJoin(classes, ", "))));
}

template <typename Module, typename Create>
absl::StatusOr<std::unique_ptr<Module>> ComponentLoader::LoadModule(const std::string& component,
                                                                    at::ScalarType dtype,
                                                                    const Create& create) {
  const absl::StatusOr<nlohmann::json> config = directory_.ReadJson(component, "config.json");
  if (!config.ok()) return config.status();
  absl::StatusOr<StateDict> weights = directory_.ReadWeights(component);
  if (!weights.ok()) return weights.status();
  StateDictLoader::Options options;
  options.device = options_.device;
  options.dtype = dtype;
  options.for_inference = true;
  options.adapt = [&](const std::string& name, const at::Tensor& weight) {
    return lora_.Fuse(component, name, weight);
  };
  StateDictLoader loader(component, *std::move(weights), options);
  absl::StatusOr<std::unique_ptr<Module>> module = create(*config, loader);
  if (!module.ok()) return InFile(component + "/config.json", module.status());
  if (absl::Status status = loader.Finish(); !status.ok()) return InFile(component, status);
  return module;
}

absl::StatusOr<TextTower> ComponentLoader::LoadTextTower(const TextTowerSource& source) {
  LoadProblems problems;
  problems.Add(CheckClass(source.tokenizer, {"CLIPTokenizer", "CLIPTokenizerFast"}));
  problems.Add(CheckClass(source.text_encoder, {source.text_encoder_class}));
  if (!problems.none()) return problems.status();
  std::optional<ClipTokenizer> tokenizer = problems.Take(LoadTokenizer(source.tokenizer));
  ClipTextConfig text_config;
  auto model = problems.Take(LoadModule<ClipTextModel>(
      source.text_encoder, options_.dtype,
      [&](const nlohmann::json& json,
          StateDictLoader& loader) -> absl::StatusOr<std::unique_ptr<ClipTextModel>> {
        absl::StatusOr<ClipTextConfig> config = ClipTextConfig::FromJson(json);
        if (!config.ok()) return config.status();
        text_config = *config;
        return ClipTextModel::Create(*config, source.head, loader);
      }));
  if (!problems.none()) return problems.status();
  return TextTower{*std::move(tokenizer), text_config, *std::move(model)};
}

absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> ComponentLoader::LoadUNet() {
  if (absl::Status status = CheckClass("unet", {"UNet2DConditionModel"}); !status.ok()) {
    return status;
  }
  return LoadModule<UNet2DConditionModel>(
      "unet", options_.dtype,
      [](const nlohmann::json& json,
         StateDictLoader& loader) -> absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> {
        absl::StatusOr<UNet2DConditionConfig> config = UNet2DConditionConfig::FromJson(json);
        if (!config.ok()) return config.status();
        return UNet2DConditionModel::Create(*config, loader);
      });
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> ComponentLoader::LoadDecoder(bool is_sdxl) {
  const absl::Status known = CheckClass("vae", {"AutoencoderKL", "AutoencoderTiny"});
  if (!known.ok()) return known;
  const absl::StatusOr<nlohmann::json> config = directory_.ReadJson("vae", "config.json");
  if (!config.ok()) return config.status();
  const std::string class_name = directory_.ComponentClass("vae");
  const DecoderFamily family =
      is_sdxl ? DecoderFamily::kStableDiffusionXl : DecoderFamily::kStableDiffusion;
  return LoadModule<ImageDecoder>("vae", DecoderDtype(class_name, *config, options_.dtype),
                                  [&](const nlohmann::json& json, StateDictLoader& loader) {
                                    return CreateImageDecoder(class_name, json, family, loader);
                                  });
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> ComponentLoader::LoadPreviewDecoder(bool is_sdxl) {
  const std::string& folder = directory_.manifest().preview_decoder;
  if (folder.empty()) return std::unique_ptr<ImageDecoder>();
  const DecoderFamily family =
      is_sdxl ? DecoderFamily::kStableDiffusionXl : DecoderFamily::kStableDiffusion;
  return LoadModule<ImageDecoder>(
      folder, options_.dtype,
      [&](const nlohmann::json& json,
          StateDictLoader& loader) -> absl::StatusOr<std::unique_ptr<ImageDecoder>> {
        const std::string class_name = json.value("_class_name", kPreviewClass);
        if (class_name == kPreviewClass)
          return CreateImageDecoder(class_name, json, family, loader);
        return absl::InvalidArgumentError(
            absl::StrCat("a preview decoder is an ", kPreviewClass, ", not a '", class_name, "'"));
      });
}

absl::StatusOr<ClipTokenizer> ComponentLoader::LoadTokenizer(const std::string& component) const {
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
    absl::StatusOr<std::string> text = directory_.ReadText(component, name);
    if (text.ok()) {
      *destination = *std::move(text);
    } else if (!absl::IsNotFound(text.status())) {
      return text.status();
    }
  }
  absl::StatusOr<ClipTokenizer> tokenizer = ClipTokenizer::Create(files);
  if (!tokenizer.ok()) return InFile(component, tokenizer.status());
  return tokenizer;
}

}  // namespace strobe::model
