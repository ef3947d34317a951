#include "client/commands/health_command.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "absl/time/clock.h"
#include "client/commands/command_failure.h"
#include "client/commands/common_flags.h"

namespace strobe::client {
namespace {

constexpr absl::Duration kCheckDeadline = absl::Seconds(5);
constexpr absl::Duration kPollInterval = absl::Milliseconds(100);

constexpr char kHealthExamples[] =
    "Examples:\n"
    "  strobe-client health\n"
    "  strobe-client health --wait 60s --address 127.0.0.1:50051 && echo ready\n"
    "  strobe-client health --service \"\"        the process lives, ready or not";

const char* Name(ServingStatus status) {
  switch (status) {
    case ServingStatus::kServing:
      return "SERVING";
    case ServingStatus::kNotServing:
      return "NOT_SERVING";
    case ServingStatus::kServiceUnknown:
      return "SERVICE_UNKNOWN";
    case ServingStatus::kUnknown:
      break;
  }
  return "UNKNOWN";
}

// What a server that is still starting answers.
bool MayBecomeReady(const grpc::Status& status) {
  return status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
}

}  // namespace

CLI::App* AddHealthCommand(CLI::App& app, HealthOptions& options) {
  CLI::App* command = app.add_subcommand("health", "Ask whether the server is ready");
  AddConnectionFlags(*command, options.connection);
  command
      ->add_option("--service", options.service,
                   "Service to ask about; \"\" asks whether the process lives")
      ->capture_default_str();
  AddDurationFlag(*command, "--wait", options.wait,
                  "Keep asking until it is SERVING, at most this long: 30s");
  command->footer(std::string(kHealthExamples) + "\n\n" + kExitCodesHelp);
  return command;
}

ExitCode RunHealth(const HealthOptions& options, CommandContext& context) {
  const absl::Time end = absl::Now() + options.wait;
  for (;;) {
    CallOptions call;
    call.canceller = &context.canceller;
    call.deadline = options.wait > absl::ZeroDuration()
                        ? std::clamp(end - absl::Now(), kPollInterval, kCheckDeadline)
                        : kCheckDeadline;
    ServingStatus serving = ServingStatus::kUnknown;
    const grpc::Status status = context.client.CheckHealth(options.service, call, &serving);
    const bool ready = status.ok() && serving == ServingStatus::kServing;
    if (ready || !MayBecomeReady(status) || absl::Now() + kPollInterval >= end) {
      if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
        context.err << "strobe-client: NOT_FOUND: the server reports on no service '"
                    << options.service << "'\nWithout --service, health asks about readiness.\n";
        return kExitNotServing;
      }
      if (!status.ok()) {
        ReportFailure(status, context);
        return context.canceller.cancelled() ? kExitInterrupted : kExitNotServing;
      }
      context.out << Name(serving) << std::endl;
      return ready ? kExitOk : kExitNotServing;
    }
    absl::SleepFor(kPollInterval);
  }
}

}  // namespace strobe::client
