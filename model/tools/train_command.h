// `strobe-model train`: a text-to-image teacher from nothing.

#ifndef STROBE_MODEL_TOOLS_TRAIN_COMMAND_H_
#define STROBE_MODEL_TOOLS_TRAIN_COMMAND_H_

#include <CLI/App.hpp>

#include "model/tools/command_result.h"
#include "model/tools/training_flags.h"

namespace strobe::model {

// Adds the subcommand and its flags to `app`.
CLI::App* AddTrainCommand(CLI::App& app, TrainingFlags& flags);

// Trains and writes the model directory.
CommandResult RunTrain(const TrainingFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_TRAIN_COMMAND_H_
