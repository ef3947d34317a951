#include "model/training/run/run_folders.h"

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/weights/checkpoint_directory.h"

namespace strobe::model {

absl::StatusOr<OutputFolder> OpenRunFolders(OutputKind kind, const RunOptions& options,
                                            const std::vector<NamedFolder>& inputs) {
  OutputRequest output;
  output.kind = kind;
  output.path = options.output;
  output.overwrite = options.overwrite;
  output.keep_apart = inputs;
  OutputRequest work;
  work.kind = OutputKind::kWork;
  work.flag = "--work";
  work.path = options.trainer.directory;
  work.keep_apart = inputs;
  output.keep_apart.push_back({"the work folder", work.path});
  STROBE_ASSIGN_OR_RETURN(OutputFolder folder, OutputFolder::Plan(output));
  STROBE_RETURN_IF_ERROR(OpenGrowingFolder(work));
  return folder;
}

std::vector<NamedFolder> FoldersOfModel(const std::string& name, const std::string& directory) {
  if (directory.empty()) return {};
  std::vector<NamedFolder> folders = {{absl::StrCat("the folder of ", name), directory}};
  // A directory that is broken is told by whoever reads it.
  const auto opened = CheckpointDirectory::Open(directory);
  if (!opened.ok()) return folders;
  const std::string below = absl::StrCat("what the manifest of ", name, " names");
  folders.push_back({below, opened->manifest().base});
  folders.push_back({below, opened->manifest().unet});
  return folders;
}

}  // namespace strobe::model
