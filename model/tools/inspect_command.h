// `strobe-model inspect`: what a model directory is, and whether it would be served.

#ifndef STROBE_MODEL_TOOLS_INSPECT_COMMAND_H_
#define STROBE_MODEL_TOOLS_INSPECT_COMMAND_H_

#include <string>

#include <CLI/App.hpp>

#include "model/tools/command_result.h"

namespace strobe::model {

struct InspectFlags {
  std::string model;
};

// Adds the subcommand and its arguments to `app`.
CLI::App* AddInspectCommand(CLI::App& app, InspectFlags& flags);

// Prints classes, weights, sizes and step tables to stdout. Fails with the exact reason when the
// directory would not load, after printing what can be said about it.
CommandResult RunInspect(const InspectFlags& flags);

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_INSPECT_COMMAND_H_
