#include "model/tools/inspect_command.h"

#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "model/pipeline/model_settings.h"
#include "model/pipeline/pipeline_components.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/weights/checkpoint_directory.h"

namespace strobe::model {
namespace {

constexpr const char* kComponents[] = {"tokenizer", "text_encoder", "unet", "vae", "scheduler"};

struct WeightCount {
  int64_t parameters = 0;
  int64_t bytes = 0;
};

WeightCount CountWeights(const StateDict& weights) {
  WeightCount count;
  for (const auto& [name, tensor] : weights) {
    if (!tensor.is_floating_point()) continue;  // position_ids of old files
    count.parameters += tensor.numel();
    count.bytes += static_cast<int64_t>(tensor.nbytes());
  }
  return count;
}

std::string Mebibytes(double bytes) { return absl::StrFormat("%.1f MiB", bytes / (1 << 20)); }

void PrintComponents(const CheckpointDirectory& directory) {
  WeightCount total;
  for (const std::string component : kComponents) {
    const std::string name = directory.ComponentClass(component);
    std::cout << absl::StrFormat("  %-13s %s", component, name.empty() ? "(none)" : name);
    if (component != "tokenizer" && component != "scheduler") {
      if (const auto weights = directory.ReadWeights(component); weights.ok()) {
        const WeightCount count = CountWeights(*weights);
        total.parameters += count.parameters;
        total.bytes += count.bytes;
        std::cout << absl::StrFormat(", %d parameters, %s", count.parameters,
                                     Mebibytes(static_cast<double>(count.bytes)));
      } else {
        std::cout << ", " << weights.status().message();
      }
    }
    std::cout << "\n";
  }
  const double parameters = static_cast<double>(total.parameters);
  std::cout << "weights        " << Mebibytes(static_cast<double>(total.bytes)) << " on disk, "
            << Mebibytes(parameters * 4) << " as float32, " << Mebibytes(parameters * 2)
            << " as float16 or bfloat16\n";
}

void PrintDescription(const ModelDescription& model, int latent_channels) {
  const int cell = model.size_multiple;
  std::cout << "name           " << model.name << "\n"
            << "size           " << model.default_width << "x" << model.default_height
            << " by default, multiples of " << cell << " from " << model.min_size << " to "
            << model.max_size << "\n"
            << "latent         " << latent_channels << " x " << model.default_height / cell << " x "
            << model.default_width / cell << " (channels, rows, columns at the default size)\n"
            << "prompt         " << model.max_prompt_tokens << " tokens\n"
            << "guidance       "
            << (model.supports_guidance
                    ? absl::StrCat("offered, ", model.default_guidance_scale, " by default")
                    : "not offered")
            << "\n"
            << "steps          " << absl::StrJoin(model.num_inference_steps, ", ") << "; "
            << model.default_num_inference_steps << " by default\n";
}

const char* NameOf(PredictionType type) {
  switch (type) {
    case PredictionType::kEpsilon:
      return "epsilon";
    case PredictionType::kSample:
      return "sample";
    case PredictionType::kVPrediction:
      return "v_prediction";
    case PredictionType::kFlow:
      return "flow";
    case PredictionType::kTrigFlow:
      return "trigflow";
  }
  return "";
}

void PrintStepTable(int count, const StepTable& table) {
  std::cout << absl::StrFormat(
      "\n%d step%s: prediction %s, start noise x %.5f%s%s\n", count, count == 1 ? "" : "s",
      NameOf(table.prediction_type), table.initial_noise_scale,
      table.noise_correction ? ", noise correction" : "", table.clip_sample ? ", x0 clipped" : "");
  std::cout << "   timestep     alpha     sigma  next alpha  next sigma       rho\n";
  for (const StepRow& row : table.rows) {
    std::cout << absl::StrFormat("  %9g  %8.6f  %8.6f    %8.6f    %8.6f  %8.6f\n", row.timestep,
                                 row.level.alpha, row.level.sigma, row.next.alpha, row.next.sigma,
                                 row.rho);
  }
}

absl::Status PrintStepTables(const CheckpointDirectory& directory, const ModelDescription& model) {
  const absl::StatusOr<PipelineFamily> family = FindPipelineFamily(directory.pipeline_class());
  if (!family.ok()) return family.status();
  const absl::StatusOr<StepTableBuilder> builder = LoadStepTableBuilder(directory, *family);
  if (!builder.ok()) return builder.status();
  for (const int count : model.num_inference_steps) {
    const auto table = ChooseStepTable(directory.manifest(), *builder, count, {});
    if (!table.ok()) return table.status();
    PrintStepTable(count, *table);
  }
  return absl::OkStatus();
}

absl::Status Inspect(const std::string& path) {
  const absl::StatusOr<CheckpointDirectory> directory = CheckpointDirectory::Open(path);
  if (!directory.ok()) return directory.status();
  std::cout << "directory      " << path << "\npipeline       " << directory->pipeline_class()
            << "\n";
  PrintComponents(*directory);
  const absl::StatusOr<std::unique_ptr<TextToImagePipeline>> pipeline =
      TextToImagePipeline::Load(path, {});
  if (!pipeline.ok()) {
    return absl::Status(pipeline.status().code(),
                        absl::StrCat("would not load: ", pipeline.status().message()));
  }
  const ModelDescription& model = (*pipeline)->description();
  GenerationSpec spec;
  spec.width = model.default_width;
  spec.height = model.default_height;
  spec.num_inference_steps = model.default_num_inference_steps;
  const auto sample = (*pipeline)->CreateSample(spec, {});
  if (!sample.ok()) return sample.status();
  PrintDescription(model, static_cast<int>((*sample)->latents.size(0)));
  return PrintStepTables(*directory, model);
}

}  // namespace

CLI::App* AddInspectCommand(CLI::App& app, InspectFlags& flags) {
  CLI::App* command =
      app.add_subcommand("inspect", "Say what a model directory is and whether it would load");
  command->add_option("directory", flags.model, "Model directory in diffusers layout")->required();
  return command;
}

CommandResult RunInspect(const InspectFlags& flags) {
  return CommandResult::Of(Inspect(flags.model));
}

}  // namespace strobe::model
