// `strobe-client live`: the picture of a prompt while it is being typed.

#ifndef STROBE_CLIENT_COMMANDS_LIVE_COMMAND_H_
#define STROBE_CLIENT_COMMANDS_LIVE_COMMAND_H_

#include <CLI/App.hpp>
#include <string>

#include "absl/time/time.h"
#include "client/commands/command_context.h"
#include "client/commands/exit_codes.h"
#include "client/commands/generate_options.h"
#include "client/commands/prompt_source.h"

namespace strobe::client {

struct LiveOptions {
  GenerateOptions request;  // its prompts are not looked at; without a seed, one for the session
  std::string from_file;    // lines of this file; empty: standard input
  absl::Duration interval;  // between two lines, at least
  absl::Duration time_limit = absl::InfiniteDuration();  // of each revision

  LiveOptions() {
    request.output.clear();                   // pictures are shown, not saved
    request.deadline = absl::ZeroDuration();  // none for the session
  }
};

// Declares the subcommand with all of its flags. `options` outlives `app`.
CLI::App* AddLiveCommand(CLI::App& app, LiveOptions& options);

// Opens what the options say: lines of a file or of standard input, or a terminal's keystrokes.
ExitCode RunLive(const LiveOptions& options, CommandContext& context);

// Sends every prompt of `source` as a revision, and shows what comes back until the last one is
// answered. `in_place`: draw the screen again for each change.
ExitCode RunLive(const LiveOptions& options, PromptSource& source, bool in_place,
                 CommandContext& context);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_LIVE_COMMAND_H_
