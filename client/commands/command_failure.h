// How a subcommand ends when its call failed.

#ifndef STROBE_CLIENT_COMMANDS_COMMAND_FAILURE_H_
#define STROBE_CLIENT_COMMANDS_COMMAND_FAILURE_H_

#include <grpcpp/support/status.h>

#include "client/commands/command_context.h"
#include "client/commands/exit_codes.h"

namespace strobe::client {

// Explains `status` on the error stream and gives the exit status: 130 without an explanation when
// the user interrupted the call.
ExitCode ReportFailure(const grpc::Status& status, CommandContext& context);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_COMMAND_FAILURE_H_
