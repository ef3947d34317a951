#include "model/pipeline/pipeline_components.h"

#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/pipeline/model_settings.h"
#include "model/weights/state_dict_loader.h"

namespace strobe::model {
namespace {

constexpr char kStableDiffusion[] = "StableDiffusionPipeline";
constexpr char kPreviewClass[] = "AutoencoderTiny";
constexpr char kLatentConsistency[] = "LatentConsistencyModelPipeline";

absl::Status InFile(const CheckpointDirectory& directory, absl::string_view file,
                    const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(directory.path(), "/", file, ": ", status.message()));
}

// INVALID_ARGUMENT when `component` is of none of `classes`.
absl::Status CheckClass(const CheckpointDirectory& directory, const std::string& component,
                        const std::vector<std::string>& classes) {
  const std::string found = directory.ComponentClass(component);
  for (const std::string& name : classes) {
    if (found == name) return absl::OkStatus();
  }
  const std::string what = found.empty() ? "is missing" : absl::StrCat("is a '", found, "'");
  return absl::InvalidArgumentError(absl::StrCat(directory.path(), "/model_index.json: the ",
                                                 component, " ", what,
                                                 ", supported: ", absl::StrJoin(classes, ", ")));
}

absl::Status CheckComponentClasses(const CheckpointDirectory& directory) {
  if (absl::Status status = CheckPipelineClass(directory); !status.ok()) return status;
  const std::pair<const char*, std::vector<std::string>> expected[] = {
      {"tokenizer", {"CLIPTokenizer", "CLIPTokenizerFast"}},
      {"text_encoder", {"CLIPTextModel"}},
      {"unet", {"UNet2DConditionModel"}},
      {"vae", {"AutoencoderKL", "AutoencoderTiny"}}};
  for (const auto& [component, classes] : expected) {
    if (absl::Status status = CheckClass(directory, component, classes); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// Reads config and weights of `component`; `create` turns them into a module.
template <typename Module, typename Create>
absl::StatusOr<std::unique_ptr<Module>> LoadModule(const CheckpointDirectory& directory,
                                                   const std::string& component,
                                                   const TextToImagePipeline::Options& options,
                                                   const Create& create) {
  const absl::StatusOr<nlohmann::json> config = directory.ReadJson(component, "config.json");
  if (!config.ok()) return config.status();
  absl::StatusOr<StateDict> weights = directory.ReadWeights(component);
  if (!weights.ok()) return weights.status();
  StateDictLoader loader(component, *std::move(weights), {options.device, options.dtype});
  absl::StatusOr<std::unique_ptr<Module>> module = create(*config, loader);
  if (!module.ok()) return InFile(directory, component + "/config.json", module.status());
  if (absl::Status status = loader.Finish(); !status.ok()) {
    return InFile(directory, component, status);
  }
  return module;
}

absl::StatusOr<std::unique_ptr<ClipTextModel>> LoadTextEncoder(
    const CheckpointDirectory& directory, const TextToImagePipeline::Options& options,
    ClipTextConfig& text_config) {
  return LoadModule<ClipTextModel>(
      directory, "text_encoder", options,
      [&](const nlohmann::json& json,
          StateDictLoader& loader) -> absl::StatusOr<std::unique_ptr<ClipTextModel>> {
        absl::StatusOr<ClipTextConfig> config = ClipTextConfig::FromJson(json);
        if (!config.ok()) return config.status();
        text_config = *config;
        return ClipTextModel::Create(*config, loader);
      });
}

absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> LoadUNet(
    const CheckpointDirectory& directory, const TextToImagePipeline::Options& options) {
  return LoadModule<UNet2DConditionModel>(
      directory, "unet", options,
      [](const nlohmann::json& json,
         StateDictLoader& loader) -> absl::StatusOr<std::unique_ptr<UNet2DConditionModel>> {
        absl::StatusOr<UNet2DConditionConfig> config = UNet2DConditionConfig::FromJson(json);
        if (!config.ok()) return config.status();
        return UNet2DConditionModel::Create(*config, loader);
      });
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> LoadDecoder(const CheckpointDirectory& directory,
                                                          TextToImagePipeline::Options options) {
  const absl::StatusOr<nlohmann::json> config = directory.ReadJson("vae", "config.json");
  if (!config.ok()) return config.status();
  const std::string class_name = directory.ComponentClass("vae");
  options.dtype = DecoderDtype(class_name, *config, options.dtype);
  return LoadModule<ImageDecoder>(directory, "vae", options,
                                  [&](const nlohmann::json& json, StateDictLoader& loader) {
                                    return CreateImageDecoder(class_name, json, loader);
                                  });
}

absl::StatusOr<std::unique_ptr<ImageDecoder>> CreatePreviewDecoder(const nlohmann::json& config,
                                                                   StateDictLoader& loader) {
  const std::string class_name = config.value("_class_name", kPreviewClass);
  if (class_name == kPreviewClass) return CreateImageDecoder(class_name, config, loader);
  return absl::InvalidArgumentError(
      absl::StrCat("a preview decoder is an ", kPreviewClass, ", not a '", class_name, "'"));
}

// Null when the manifest names none.
absl::StatusOr<std::unique_ptr<ImageDecoder>> LoadPreviewDecoder(
    const CheckpointDirectory& directory, const TextToImagePipeline::Options& options) {
  const std::string& folder = directory.manifest().preview_decoder;
  if (folder.empty()) return std::unique_ptr<ImageDecoder>();
  return LoadModule<ImageDecoder>(directory, folder, options,
                                  [](const nlohmann::json& json, StateDictLoader& loader) {
                                    return CreatePreviewDecoder(json, loader);
                                  });
}

absl::Status CheckFit(const PipelineComponents& parts, const ClipTextConfig& text) {
  const UNet2DConditionConfig& unet = parts.unet->config();
  std::vector<std::string> problems;
  const auto must_match = [&problems](absl::string_view what, int64_t left, absl::string_view other,
                                      int64_t right) {
    if (left != right) {
      problems.push_back(absl::StrCat(what, " is ", left, " but ", other, " is ", right));
    }
  };
  must_match("text_encoder hidden_size", text.hidden_size, "unet cross_attention_dim",
             unet.cross_attention_dim());
  must_match("unet in_channels", unet.in_channels, "unet out_channels", unet.out_channels);
  must_match("unet out_channels", unet.out_channels, "vae latent_channels",
             parts.decoder->latent_channels());
  if (parts.preview_decoder != nullptr) {
    must_match("preview decoder's latent_channels", parts.preview_decoder->latent_channels(),
               "vae's", parts.decoder->latent_channels());
    must_match("preview decoder's pixels a latent cell", parts.preview_decoder->scale_factor(),
               "vae's", parts.decoder->scale_factor());
  }
  if (parts.tokenizer.model_max_length() > text.max_position_embeddings) {
    must_match("tokenizer model_max_length", parts.tokenizer.model_max_length(),
               "text_encoder max_position_embeddings", text.max_position_embeddings);
  }
  if (parts.tokenizer.largest_id() >= text.vocab_size) {
    must_match("tokenizer's largest id plus 1", parts.tokenizer.largest_id() + 1,
               "text_encoder vocab_size", text.vocab_size);
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("components do not fit together: ", absl::StrJoin(problems, "; ")));
}

ModelFacts FactsOf(const CheckpointDirectory& directory, const PipelineComponents& parts) {
  ModelFacts facts;
  facts.directory = directory.path();
  facts.pipeline_class = directory.pipeline_class();
  facts.sample_width = static_cast<int>(parts.unet->config().sample_width);
  facts.sample_height = static_cast<int>(parts.unet->config().sample_height);
  facts.scale_factor = parts.decoder->scale_factor();
  facts.max_prompt_tokens = parts.tokenizer.model_max_length();
  return facts;
}

}  // namespace

absl::Status CheckPipelineClass(const CheckpointDirectory& directory) {
  const std::string& name = directory.pipeline_class();
  if (name == kStableDiffusion || name == kLatentConsistency) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(directory.path(), "/model_index.json: the pipeline class '", name,
                   "' is not supported: use ", kStableDiffusion, " or ", kLatentConsistency));
}

absl::StatusOr<StepTableBuilder> LoadStepTableBuilder(const CheckpointDirectory& directory) {
  const absl::StatusOr<nlohmann::json> json =
      directory.ReadJson("scheduler", "scheduler_config.json");
  if (!json.ok()) return json.status();
  absl::StatusOr<SchedulerConfig> config =
      SchedulerConfig::FromJson(*json, directory.ComponentClass("scheduler"));
  if (!config.ok()) return InFile(directory, "scheduler", config.status());
  if (directory.pipeline_class() == kStableDiffusion) {
    config->clip_sample = false;
    config->steps_offset = 1;
  }
  absl::StatusOr<StepTableBuilder> builder = StepTableBuilder::Create(*config);
  if (!builder.ok()) return InFile(directory, "scheduler", builder.status());
  return builder;
}

absl::StatusOr<ClipTokenizer> LoadTokenizer(const CheckpointDirectory& directory) {
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
    absl::StatusOr<std::string> text = directory.ReadText("tokenizer", name);
    if (text.ok()) {
      *destination = *std::move(text);
    } else if (!absl::IsNotFound(text.status())) {
      return text.status();
    }
  }
  absl::StatusOr<ClipTokenizer> tokenizer = ClipTokenizer::Create(files);
  if (!tokenizer.ok()) return InFile(directory, "tokenizer", tokenizer.status());
  return tokenizer;
}

absl::StatusOr<PipelineComponents> LoadPipelineComponents(
    const CheckpointDirectory& directory, const TextToImagePipeline::Options& options) {
  if (absl::Status status = CheckComponentClasses(directory); !status.ok()) return status;
  absl::StatusOr<StepTableBuilder> step_tables = LoadStepTableBuilder(directory);
  if (!step_tables.ok()) return step_tables.status();
  absl::StatusOr<ClipTokenizer> tokenizer = LoadTokenizer(directory);
  if (!tokenizer.ok()) return tokenizer.status();
  ClipTextConfig text_config;
  auto text_encoder = LoadTextEncoder(directory, options, text_config);
  if (!text_encoder.ok()) return text_encoder.status();
  auto unet = LoadUNet(directory, options);
  if (!unet.ok()) return unet.status();
  auto decoder = LoadDecoder(directory, options);
  if (!decoder.ok()) return decoder.status();
  auto preview_decoder = LoadPreviewDecoder(directory, options);
  if (!preview_decoder.ok()) return preview_decoder.status();
  PipelineComponents parts{directory.manifest(),     ModelDescription(),
                           *std::move(tokenizer),    *std::move(step_tables),
                           *std::move(text_encoder), *std::move(unet),
                           *std::move(decoder),      *std::move(preview_decoder)};
  if (absl::Status status = CheckFit(parts, text_config); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(directory.path(), ": ", status.message()));
  }
  absl::StatusOr<ModelDescription> description =
      DescribeModel(parts.manifest, FactsOf(directory, parts), parts.step_tables);
  if (!description.ok()) {
    return absl::Status(description.status().code(),
                        absl::StrCat(directory.path(), ": ", description.status().message()));
  }
  parts.description = *std::move(description);
  parts.description.has_preview_decoder = parts.preview_decoder != nullptr;
  return parts;
}

}  // namespace strobe::model
