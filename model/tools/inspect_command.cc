#include "model/tools/inspect_command.h"

#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/pipeline/families/family_list.h"
#include "model/pipeline/text_to_image_pipeline.h"
#include "model/tools/model_report.h"
#include "model/weights/checkpoint_directory.h"

namespace strobe::model {
namespace {

absl::Status ReportStepTables(const TextToImagePipeline& pipeline) {
  for (const int count : pipeline.description().num_inference_steps) {
    STROBE_ASSIGN_OR_RETURN(const StepTable table, pipeline.StepTableOf(count));
    ReportStepTable(count, table, std::cout);
  }
  return absl::OkStatus();
}

absl::Status WouldNotLoad(const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("would not load: ", status.message()));
}

absl::Status Inspect(const std::string& path) {
  const absl::StatusOr<CheckpointDirectory> directory = CheckpointDirectory::Open(path);
  if (!directory.ok()) return WouldNotLoad(directory.status());
  const absl::StatusOr<const ModelFamily*> family = FindModelFamily(directory->pipeline_class());
  if (!family.ok()) return WouldNotLoad(family.status());
  ReportComponents(*directory, **family, std::cout);
  TextToImagePipeline::Options options;
  options.dtype = DtypeOfFiles(*directory, **family);
  options.dtype_beats_manifest = true;
  const absl::StatusOr<std::unique_ptr<TextToImagePipeline>> pipeline =
      TextToImagePipeline::Load(path, options);
  if (!pipeline.ok()) return WouldNotLoad(pipeline.status());
  ReportOffer(**pipeline, std::cout);
  ReportMemory(**pipeline, std::cout);
  return ReportStepTables(**pipeline);
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
