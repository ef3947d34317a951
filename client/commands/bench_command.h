// strobe-client bench: loads a server and measures it.

#ifndef STROBE_CLIENT_COMMANDS_BENCH_COMMAND_H_
#define STROBE_CLIENT_COMMANDS_BENCH_COMMAND_H_

#include "client/commands/bench_options.h"
#include "client/commands/command_context.h"
#include "client/commands/exit_codes.h"

namespace strobe::client {

// Runs the benchmark, prints what it found and writes the files. In this order: 130 when it was
// interrupted, the exit status of the most frequent error when not one request succeeded, 8 when it
// is void, 7 when a --fail-if condition holds, else 0.
ExitCode RunBench(const BenchOptions& options, CommandContext& context);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_BENCH_COMMAND_H_
