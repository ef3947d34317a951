#include "model/pipeline/pipeline_components.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/pipeline/component_loader.h"
#include "model/pipeline/families/family_list.h"
#include "model/pipeline/load_problems.h"
#include "model/sampling/step_table_builder.h"
#include "model/weights/lora.h"
#include "model/weights/weights_fingerprint.h"

namespace strobe::model {
namespace {

absl::Status InDirectory(const CheckpointDirectory& directory, absl::string_view where,
                         const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(directory.path(), where, ": ", status.message()));
}

absl::StatusOr<LoraSet> LoadLora(const CheckpointDirectory& directory, const ModelFamily& family) {
  if (directory.manifest().lora.empty()) return LoraSet();
  constexpr int64_t kDefaultLayers = 2;
  int64_t layers_per_block = kDefaultLayers;
  const absl::StatusOr<nlohmann::json> denoiser =
      directory.ReadJson(family.component(ComponentRole::kDenoiser).folder, "config.json");
  if (denoiser.ok() && denoiser->contains("layers_per_block") &&
      (*denoiser)["layers_per_block"].is_number_unsigned()) {
    layers_per_block = (*denoiser)["layers_per_block"].get<int64_t>();
  }
  return LoraSet::Read(directory.manifest().lora, layers_per_block);
}

// The sampler that the directory asks for, with what its pipeline class forces on it.
absl::StatusOr<StepTableBuilder> BuilderOf(nlohmann::json config, const std::string& class_name,
                                           const ModelFamily& family) {
  // The file is checked as it is before anything is replaced in it.
  STROBE_ASSIGN_OR_RETURN(const StepTableBuilder as_it_is,
                          StepTableBuilder::FromJson(config, class_name));
  STROBE_RETURN_IF_ERROR(family.CheckScheduler(as_it_is.scheduler()));
  family.OverrideScheduler(config);
  return StepTableBuilder::FromJson(config, class_name);
}

absl::StatusOr<StepTableBuilder> LoadStepTableBuilder(const CheckpointDirectory& directory,
                                                      const ModelFamily& family) {
  const std::string& folder = family.component(ComponentRole::kScheduler).folder;
  STROBE_ASSIGN_OR_RETURN(const nlohmann::json config,
                          directory.ReadJson(folder, "scheduler_config.json"));
  absl::StatusOr<StepTableBuilder> builder =
      BuilderOf(config, directory.ComponentClass(folder), family);
  STROBE_RETURN_IF_ERROR(InDirectory(directory, "/" + folder, builder.status()));
  return builder;
}

// Of everything that decides the pixels of final images.
std::string FingerprintOf(const CheckpointDirectory& directory, const ModelFamily& family) {
  std::vector<std::string> paths;
  for (const ComponentSpec& spec : family.components()) {
    if (spec.has_weights()) paths.push_back(directory.WeightsPath(spec.folder));
  }
  for (const LoraReference& lora : directory.manifest().lora) paths.push_back(lora.path);
  return WeightsFingerprint(paths);
}

// Checks the parts against each other, and describes them.
absl::Status Assemble(const CheckpointDirectory& directory, PipelineComponents& parts) {
  const ModelFamily& family = *parts.steps.family;
  const ImageDecoder& decoder = parts.autoencoder->decoder();
  const DenoiserFacts denoiser = parts.denoiser->facts();
  parts.zero_empty_negative_prompt =
      family.may_zero_empty_prompt() && directory.force_zeros_for_empty_prompt();
  STROBE_RETURN_IF_ERROR(InDirectory(
      directory, "",
      family.CheckFit({parts.prompt_encoder, denoiser, decoder, parts.preview_decoder.get()})));
  parts.steps.geometry = family.Geometry(denoiser, decoder);
  const ModelFacts facts{directory.path(), denoiser, parts.prompt_encoder.max_tokens()};
  absl::StatusOr<ModelDescription> description = DescribeModel(parts.steps, facts);
  STROBE_RETURN_IF_ERROR(InDirectory(directory, "", description.status()));
  parts.description = *std::move(description);
  parts.description.has_preview_decoder = parts.preview_decoder != nullptr;
  parts.description.decoder =
      directory.ComponentClass(family.component(ComponentRole::kAutoencoder).folder);
  parts.description.weights_fingerprint = FingerprintOf(directory, family);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PipelineComponents> LoadPipelineComponents(const CheckpointDirectory& directory,
                                                          const PipelineOptions& options) {
  const absl::StatusOr<const ModelFamily*> found = FindModelFamily(directory.pipeline_class());
  STROBE_RETURN_IF_ERROR(InDirectory(directory, "/model_index.json", found.status()));
  const ModelFamily& family = **found;
  LoadProblems problems;
  std::optional<StepTableBuilder> builder = problems.Take(LoadStepTableBuilder(directory, family));
  std::optional<LoraSet> lora = problems.Take(LoadLora(directory, family));
  if (!lora.has_value()) lora.emplace();  // the rest is loaded for its problems alone
  ComponentLoader loader(directory, options, *lora);
  auto encoders = family.LoadTextEncoders(loader, problems);
  auto denoiser = problems.Take(family.LoadDenoiser(loader));
  auto autoencoder = problems.Take(loader.LoadAutoencoder(
      family.component(ComponentRole::kAutoencoder), family.latent_statistics()));
  auto previews = problems.Take(loader.LoadPreviewDecoder(family.latent_statistics()));
  if (problems.none()) problems.Add(lora->CheckAllUsed());
  if (!problems.none()) return problems.status();
  const auto join = [&family](std::vector<TextStates> states) {
    return family.JoinTexts(std::move(states));
  };
  PipelineComponents parts{
      .description = {},
      .steps = {directory.manifest(), *std::move(builder), &family, LatentGeometry()},
      .prompt_encoder = PromptEncoder(std::move(encoders), join),
      .denoiser = *std::move(denoiser),
      .autoencoder = *std::move(autoencoder),
      .preview_decoder = *std::move(previews)};
  STROBE_RETURN_IF_ERROR(Assemble(directory, parts));
  return parts;
}

}  // namespace strobe::model
