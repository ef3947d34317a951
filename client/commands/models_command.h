// strobe-client models: what does the server serve?

#ifndef STROBE_CLIENT_COMMANDS_MODELS_COMMAND_H_
#define STROBE_CLIENT_COMMANDS_MODELS_COMMAND_H_

#include <CLI/App.hpp>
#include <string>

#include "client/channel.h"
#include "client/commands/command_context.h"
#include "client/commands/exit_codes.h"
#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

struct ModelsOptions {
  ConnectionOptions connection;
  bool json = false;
};

// Declares the subcommand with its flags. `options` outlives `app`.
CLI::App* AddModelsCommand(CLI::App& app, ModelsOptions& options);

// Prints one line a model, the default first.
ExitCode RunModels(const ModelsOptions& options, CommandContext& context);

// The table and the JSON that RunModels prints.
std::string ModelsTable(const v1::ListModelsResponse& response);
std::string ModelsAsJson(const v1::ListModelsResponse& response);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_MODELS_COMMAND_H_
