#include "client/commands/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <sstream>

#include "client/commands/bench_flags.h"
#include "client/commands/common_flags.h"
#include "client/commands/generate_command.h"

namespace strobe::client {
namespace {

constexpr char kIntroduction[] =
    "strobe-client makes pictures from prompts with a strobe server.\n"
    "\n"
    "  strobe-client health                          is the server ready?\n"
    "  strobe-client models                          what can it draw with?\n"
    "  strobe-client generate \"a red circle\"         draw, save, show\n"
    "  strobe-client live                            draw while you type\n"
    "  strobe-client bench                           how much, how fast, how steadily?\n"
    "\n"
    "`strobe-client SUBCOMMAND --help` explains every flag.";

constexpr char kNoSubcommand[] =
    "strobe-client: one subcommand is required: generate, live, health, models or bench (see "
    "strobe-client --help)\n";

}  // namespace

const ConnectionOptions& CommandLine::connection() const {
  switch (subcommand) {
    case Subcommand::kGenerate:
      return generate.connection;
    case Subcommand::kLive:
      return live.request.connection;
    case Subcommand::kHealth:
      return health.connection;
    case Subcommand::kBench:
      return bench.connection;
    case Subcommand::kModels:
      break;
  }
  return models.connection;
}

CommandLine ParseCommandLine(std::vector<std::string> arguments) {
  CommandLine line;
  CLI::App app(kIntroduction, "strobe-client");
  app.set_version_flag("--version", STROBE_VERSION);
  app.require_subcommand(0, 1);
  app.failure_message(&UsageError);
  app.footer(kExitCodesHelp);
  const std::pair<const CLI::App*, Subcommand> subcommands[] = {
      {AddGenerateCommand(app, line.generate), Subcommand::kGenerate},
      {AddLiveCommand(app, line.live), Subcommand::kLive},
      {AddHealthCommand(app, line.health), Subcommand::kHealth},
      {AddModelsCommand(app, line.models), Subcommand::kModels},
      {AddBenchCommand(app, line.bench), Subcommand::kBench}};
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out, err;
    line.exit_code = app.exit(error, out, err) == 0 ? kExitOk : kExitUsage;
    line.text = out.str() + err.str();
    return line;
  }
  for (const auto& [command, subcommand] : subcommands) {
    if (!command->parsed()) continue;
    line.subcommand = subcommand;
    return line;
  }
  line.exit_code = kExitUsage;
  line.text = kNoSubcommand;
  return line;
}

}  // namespace strobe::client
