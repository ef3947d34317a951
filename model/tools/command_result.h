// What a command of strobe-model ends with.

#ifndef STROBE_MODEL_TOOLS_COMMAND_RESULT_H_
#define STROBE_MODEL_TOOLS_COMMAND_RESULT_H_

#include <utility>

#include "absl/status/status.h"

namespace strobe::model {

// The exit codes of strobe-model.
enum ExitCode { kExitOk = 0, kExitFailed = 1, kExitUsage = 2 };

// `exit_code` is kExitUsage for a bad flag, kExitFailed for everything that goes wrong later.
struct CommandResult {
  ExitCode exit_code = kExitOk;
  absl::Status status;

  static CommandResult Usage(absl::Status status) { return {kExitUsage, std::move(status)}; }
  static CommandResult Of(absl::Status status) {
    return {status.ok() ? kExitOk : kExitFailed, std::move(status)};
  }
};

}  // namespace strobe::model

#endif  // STROBE_MODEL_TOOLS_COMMAND_RESULT_H_
