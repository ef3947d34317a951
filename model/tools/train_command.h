// `strobe-model train`: a text-to-image teacher from nothing.

#ifndef STROBE_MODEL_TOOLS_TRAIN_COMMAND_H_
#define STROBE_MODEL_TOOLS_TRAIN_COMMAND_H_

#include <string>

#include <CLI/App.hpp>

#include "model/tools/command_result.h"
#include "model/tools/training_flags.h"

namespace strobe::model {

struct TrainFlags {
  TrainingFlags training;
  std::string start_from;
};

// Adds the subcommand and its flags to `app`.
CLI::App* AddTrainCommand(CLI::App& app, TrainFlags& flags);

// Trains and writes the model directory.
CommandResult RunTrain(const TrainFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_TRAIN_COMMAND_H_
