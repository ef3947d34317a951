#include "model/pipeline/pipeline_components.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "model/pipeline/component_fit.h"
#include "model/pipeline/component_loader.h"
#include "model/pipeline/load_problems.h"
#include "model/pipeline/model_settings.h"
#include "model/weights/lora.h"
#include "model/weights/weights_fingerprint.h"

namespace strobe::model {
namespace {

absl::StatusOr<LoraSet> LoadLora(const CheckpointDirectory& directory) {
  if (directory.manifest().lora.empty()) return LoraSet();
  constexpr int64_t kDefaultLayers = 2;
  int64_t layers_per_block = kDefaultLayers;
  const absl::StatusOr<nlohmann::json> unet = directory.ReadJson("unet", "config.json");
  if (unet.ok() && unet->contains("layers_per_block") &&
      (*unet)["layers_per_block"].is_number_unsigned()) {
    layers_per_block = (*unet)["layers_per_block"].get<int64_t>();
  }
  return LoraSet::Read(directory.manifest().lora, layers_per_block);
}

ModelFacts FactsOf(const CheckpointDirectory& directory, const PipelineFamily& family,
                   const PipelineComponents& parts) {
  const UNet2DConditionConfig& unet = parts.unet->config();
  ModelFacts facts;
  facts.directory = directory.path();
  facts.pipeline_class = family.pipeline_class;
  facts.sample_width = static_cast<int>(unet.sample_width);
  facts.sample_height = static_cast<int>(unet.sample_height);
  facts.scale_factor = parts.decoder->scale_factor();
  facts.max_prompt_tokens = parts.prompt_encoder.max_tokens();
  if (unet.time_cond_proj_dim > 0) facts.embedded_guidance_scale = family.default_guidance_scale;
  return facts;
}

absl::Status InDirectory(const CheckpointDirectory& directory, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(directory.path(), ": ", status.message()));
}

// Of everything that decides the pixels of final images.
std::string FingerprintOf(const CheckpointDirectory& directory, const PipelineFamily& family) {
  std::vector<std::string> paths;
  for (const TextTowerSource& source : family.text_towers) {
    paths.push_back(directory.WeightsPath(source.text_encoder));
  }
  for (const char* component : {"unet", "vae"}) paths.push_back(directory.WeightsPath(component));
  for (const LoraReference& lora : directory.manifest().lora) paths.push_back(lora.path);
  return WeightsFingerprint(paths);
}

absl::StatusOr<PipelineComponents> Assemble(const CheckpointDirectory& directory,
                                            const PipelineFamily& family,
                                            PipelineComponents parts) {
  parts.has_classifier_free_guidance =
      family.has_classifier_free_guidance && parts.unet->config().time_cond_proj_dim == 0;
  parts.zero_empty_negative_prompt = family.is_sdxl && directory.force_zeros_for_empty_prompt();
  const absl::Status fit = CheckComponentsFit(family, parts.prompt_encoder, parts.unet->config(),
                                              *parts.decoder, parts.preview_decoder.get());
  if (!fit.ok()) {
    return InDirectory(directory, fit);
  }
  absl::StatusOr<ModelDescription> description =
      DescribeModel(parts.manifest, FactsOf(directory, family, parts), parts.step_tables);
  if (!description.ok()) return InDirectory(directory, description.status());
  parts.description = *std::move(description);
  parts.description.has_preview_decoder = parts.preview_decoder != nullptr;
  parts.description.decoder = directory.ComponentClass("vae");
  parts.description.weights_fingerprint = FingerprintOf(directory, family);
  return parts;
}

}  // namespace

absl::StatusOr<StepTableBuilder> LoadStepTableBuilder(const CheckpointDirectory& directory,
                                                      const PipelineFamily& family) {
  const absl::StatusOr<nlohmann::json> json =
      directory.ReadJson("scheduler", "scheduler_config.json");
  if (!json.ok()) return json.status();
  absl::StatusOr<SchedulerConfig> config =
      SchedulerConfig::FromJson(*json, directory.ComponentClass("scheduler"));
  const auto in_folder = [&](const absl::Status& status) {
    return absl::Status(status.code(),
                        absl::StrCat(directory.path(), "/scheduler: ", status.message()));
  };
  if (!config.ok()) return in_folder(config.status());
  if (config->is_flow()) {
    return in_folder(absl::InvalidArgumentError(
        "the scheduler is for transformer denoisers, not for a UNet2DConditionModel"));
  }
  if (family.overrides_scheduler) {
    config->clip_sample = false;
    config->steps_offset = 1;
  }
  absl::StatusOr<StepTableBuilder> builder = StepTableBuilder::Create(*config);
  if (!builder.ok()) return in_folder(builder.status());
  return builder;
}

absl::StatusOr<PipelineComponents> LoadPipelineComponents(
    const CheckpointDirectory& directory, const TextToImagePipeline::Options& options) {
  const absl::StatusOr<PipelineFamily> family = FindPipelineFamily(directory.pipeline_class());
  if (!family.ok()) {
    return absl::Status(
        family.status().code(),
        absl::StrCat(directory.path(), "/model_index.json: ", family.status().message()));
  }
  LoadProblems problems;
  std::optional<StepTableBuilder> step_tables =
      problems.Take(LoadStepTableBuilder(directory, *family));
  std::optional<LoraSet> lora = problems.Take(LoadLora(directory));
  if (!lora.has_value()) lora.emplace();  // the rest is loaded for its problems alone
  ComponentLoader loader(directory, options, *lora);
  std::vector<TextTower> towers;
  for (const TextTowerSource& source : family->text_towers) {
    std::optional<TextTower> tower = problems.Take(loader.LoadTextTower(source));
    if (tower.has_value()) towers.push_back(*std::move(tower));
  }
  auto unet = problems.Take(loader.LoadUNet());
  auto decoder = problems.Take(loader.LoadDecoder(family->is_sdxl));
  auto preview_decoder = problems.Take(loader.LoadPreviewDecoder(family->is_sdxl));
  if (problems.none()) problems.Add(lora->CheckAllUsed());
  if (!problems.none()) return problems.status();
  PipelineComponents parts{directory.manifest(),       ModelDescription(),
                           *std::move(step_tables),    PromptEncoder(std::move(towers)),
                           *std::move(unet),           *std::move(decoder),
                           *std::move(preview_decoder)};
  return Assemble(directory, *family, std::move(parts));
}

}  // namespace strobe::model
