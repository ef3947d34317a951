// The command line of strobe-client.

#ifndef STROBE_CLIENT_COMMANDS_COMMAND_LINE_H_
#define STROBE_CLIENT_COMMANDS_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <vector>

#include "client/channel.h"
#include "client/commands/bench_options.h"
#include "client/commands/exit_codes.h"
#include "client/commands/generate_options.h"
#include "client/commands/health_command.h"
#include "client/commands/live_command.h"
#include "client/commands/models_command.h"

namespace strobe::client {

enum class Subcommand { kGenerate, kLive, kHealth, kModels, kBench };

// Either a subcommand with its options, or what to print before leaving.
struct CommandLine {
  std::optional<ExitCode> exit_code;  // set: print `text` and leave
  std::string text;                   // kExitOk: for standard output; else one line for the other

  Subcommand subcommand = Subcommand::kGenerate;
  // Those of the subcommand; the others keep their defaults.
  GenerateOptions generate;
  LiveOptions live;
  HealthOptions health;
  ModelsOptions models;
  BenchOptions bench;

  // Of the subcommand.
  const ConnectionOptions& connection() const;
};

// Reads `arguments` (without the program's name), and for flags of the connection that they leave
// out the variables that --help names. Opens no file. Anything wrong gives kExitUsage.
CommandLine ParseCommandLine(std::vector<std::string> arguments);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_COMMAND_LINE_H_
