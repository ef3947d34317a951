// strobe-client: talks to a strobe server from the command line.

#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_join.h"
#include "client/canceller.h"
#include "client/commands/bench_command.h"
#include "client/commands/command_context.h"
#include "client/commands/command_line.h"
#include "client/commands/exit_codes.h"
#include "client/commands/generate_command.h"
#include "client/interrupt_watcher.h"
#include "client/strobe_client.h"

namespace strobe::client {
namespace {

// Of libprotobuf's messages only those before it ends the process: what else it has to say, the
// server's answer says better.
void QuietProtobuf(google::protobuf::LogLevel level, const char* /*file*/, int /*line*/,
                   const std::string& text) {
  if (level == google::protobuf::LOGLEVEL_FATAL) std::cerr << "strobe-client: " << text << "\n";
}

ExitCode Run(const CommandLine& line, CommandContext& context) {
  switch (line.subcommand) {
    case Subcommand::kGenerate:
      return RunGenerate(line.generate, context);
    case Subcommand::kLive:
      return RunLive(line.live, context);
    case Subcommand::kHealth:
      return RunHealth(line.health, context);
    case Subcommand::kBench:
      return RunBench(line.bench, context);
    case Subcommand::kModels:
      break;
  }
  return RunModels(line.models, context);
}

int Main(int argc, char** argv) {
  CommandLine line = ParseCommandLine({argv + 1, argv + argc});
  if (line.exit_code.has_value()) {
    (*line.exit_code == kExitOk ? std::cout : std::cerr) << line.text << std::flush;
    return *line.exit_code;
  }
  line.bench.command_line = absl::StrJoin(argv, argv + argc, " ");

  google::protobuf::SetLogHandler(&QuietProtobuf);
  Canceller canceller;
  const InterruptWatcher interrupts([&canceller] { canceller.Cancel(); });
  const auto client = StrobeClient::Connect(line.connection());
  if (!client.ok()) {
    std::cerr << "strobe-client: " << client.status().message() << "\n";
    return kExitUsage;
  }
  CommandContext context{**client, canceller, std::cout, std::cerr, isatty(STDERR_FILENO) == 1};
  return Run(line, context);
}

}  // namespace
}  // namespace strobe::client

int main(int argc, char** argv) { return strobe::client::Main(argc, argv); }
