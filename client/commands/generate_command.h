// strobe-client generate: prompts in, image files out.

#ifndef STROBE_CLIENT_COMMANDS_GENERATE_COMMAND_H_
#define STROBE_CLIENT_COMMANDS_GENERATE_COMMAND_H_

#include <CLI/App.hpp>

#include "client/commands/command_context.h"
#include "client/commands/exit_codes.h"
#include "client/commands/generate_options.h"

namespace strobe::client {

// Declares the subcommand with all of its flags. `options` outlives `app`.
CLI::App* AddGenerateCommand(CLI::App& app, GenerateOptions& options);

// One request a prompt, in order; stops at the first that fails and returns its exit status.
ExitCode RunGenerate(const GenerateOptions& options, CommandContext& context);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_GENERATE_COMMAND_H_
