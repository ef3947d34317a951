// strobe-client: talks to a strobe server from the command line.

#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "client/canceller.h"
#include "client/commands/bench_command.h"
#include "client/commands/command_context.h"
#include "client/commands/common_flags.h"
#include "client/commands/exit_codes.h"
#include "client/commands/generate_command.h"
#include "client/commands/health_command.h"
#include "client/commands/live_command.h"
#include "client/commands/models_command.h"
#include "client/interrupt_watcher.h"
#include "client/strobe_client.h"

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

// Of libprotobuf's messages only those before it ends the process: what else it has to say, the
// server's answer says better.
void QuietProtobuf(google::protobuf::LogLevel level, const char* /*file*/, int /*line*/,
                   const std::string& text) {
  if (level == google::protobuf::LOGLEVEL_FATAL) std::cerr << "strobe-client: " << text << "\n";
}

int Main(int argc, char** argv) {
  CLI::App app(kIntroduction);
  app.set_version_flag("--version", STROBE_VERSION);
  app.require_subcommand(0, 1);
  app.failure_message(&UsageError);
  app.footer(kExitCodesHelp);
  BenchOptions bench;
  GenerateOptions generate;
  LiveOptions live;
  HealthOptions health;
  ModelsOptions models;
  const CLI::App* generate_command = AddGenerateCommand(app, generate);
  const CLI::App* live_command = AddLiveCommand(app, live);
  const CLI::App* health_command = AddHealthCommand(app, health);
  AddModelsCommand(app, models);
  const CLI::App* bench_command = AddBenchCommand(app, bench);
  bench.command_line = absl::StrJoin(argv, argv + argc, " ");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  if (app.get_subcommands().empty()) {
    std::cerr
        << "strobe-client: one subcommand is required: generate, live, health, models or bench "
           "(see strobe-client --help)\n";
    return kExitUsage;
  }

  const ConnectionOptions& connection = generate_command->parsed() ? generate.connection
                                        : live_command->parsed()   ? live.request.connection
                                        : health_command->parsed() ? health.connection
                                        : bench_command->parsed()  ? bench.connection
                                                                   : models.connection;
  google::protobuf::SetLogHandler(&QuietProtobuf);
  Canceller canceller;
  const InterruptWatcher interrupts([&canceller] { canceller.Cancel(); });
  const auto client = StrobeClient::Connect(connection);
  if (!client.ok()) {
    std::cerr << "strobe-client: " << client.status().message() << "\n";
    return kExitUsage;
  }
  CommandContext context{**client, canceller, std::cout, std::cerr, isatty(STDERR_FILENO) == 1};
  if (generate_command->parsed()) return RunGenerate(generate, context);
  if (live_command->parsed()) return RunLive(live, context);
  if (bench_command->parsed()) return RunBench(bench, context);
  if (health_command->parsed()) return RunHealth(health, context);
  return RunModels(models, context);
}

}  // namespace
}  // namespace strobe::client

int main(int argc, char** argv) { return strobe::client::Main(argc, argv); }
