// The exit statuses of strobe-client, which scripts rely on.

#ifndef STROBE_CLIENT_COMMANDS_EXIT_CODES_H_
#define STROBE_CLIENT_COMMANDS_EXIT_CODES_H_

#include <grpcpp/support/status.h>

namespace strobe::client {

enum ExitCode {
  kExitOk = 0,
  kExitFailed = 1,
  kExitUsage = 2,
  kExitNotServing = 3,
  kExitRefused = 4,
  kExitOverloaded = 5,
  kExitDeadlineExceeded = 6,
  kExitConditionHolds = 7,
  kExitVoid = 8,
  kExitInterrupted = 130,
};

// For --help.
extern const char kExitCodesHelp[];

ExitCode ExitCodeFor(grpc::StatusCode code);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_EXIT_CODES_H_
