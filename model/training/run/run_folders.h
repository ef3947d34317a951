// Where a whole run may write.

#ifndef STROBE_MODEL_TRAINING_RUN_RUN_FOLDERS_H_
#define STROBE_MODEL_TRAINING_RUN_RUN_FOLDERS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "model/output/output_folder.h"
#include "model/training/run/run_options.h"

namespace strobe::model {

// Called before any work. Opens the work folder and decides that the output may be written; neither
// may have anything in common with the other or with a folder of `inputs`. Errors as of
// OutputFolder::Plan.
absl::StatusOr<OutputFolder> OpenRunFolders(OutputKind kind, const RunOptions& options,
                                            const std::vector<NamedFolder>& inputs);

// The folders that the model in `directory` is read from: itself, and what its manifest names.
std::vector<NamedFolder> FoldersOfModel(const std::string& name, const std::string& directory);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TRAINING_RUN_RUN_FOLDERS_H_
