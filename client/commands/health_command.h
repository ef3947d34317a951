// strobe-client health: is the server ready?

#ifndef STROBE_CLIENT_COMMANDS_HEALTH_COMMAND_H_
#define STROBE_CLIENT_COMMANDS_HEALTH_COMMAND_H_

#include <CLI/App.hpp>
#include <string>

#include "absl/time/time.h"
#include "client/channel.h"
#include "client/commands/command_context.h"
#include "client/commands/exit_codes.h"

namespace strobe::client {

struct HealthOptions {
  ConnectionOptions connection;
  std::string service = kReadinessService;
  absl::Duration wait = absl::ZeroDuration();  // how long to ask again until SERVING
};

// Declares the subcommand with its flags. `options` outlives `app`.
CLI::App* AddHealthCommand(CLI::App& app, HealthOptions& options);

// Prints SERVING, NOT_SERVING or the like; 0 for SERVING and 3 for anything else. With a wait, asks
// every 100 ms until SERVING.
ExitCode RunHealth(const HealthOptions& options, CommandContext& context);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_HEALTH_COMMAND_H_
