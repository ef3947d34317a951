// What every subcommand works with.

#ifndef STROBE_CLIENT_COMMANDS_COMMAND_CONTEXT_H_
#define STROBE_CLIENT_COMMANDS_COMMAND_CONTEXT_H_

#include <ostream>

#include "client/canceller.h"
#include "client/strobe_client.h"

namespace strobe::client {

// All of it outlives the command.
struct CommandContext {
  StrobeClient& client;
  Canceller& canceller;          // cancelled by Ctrl-C
  std::ostream& out;             // results
  std::ostream& err;             // errors and progress
  bool err_is_terminal = false;  // progress is shown only there
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_COMMAND_CONTEXT_H_
