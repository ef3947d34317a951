// The flags of strobe-client bench.

#ifndef STROBE_CLIENT_COMMANDS_BENCH_FLAGS_H_
#define STROBE_CLIENT_COMMANDS_BENCH_FLAGS_H_

#include <CLI/App.hpp>

#include "client/commands/bench_options.h"

namespace strobe::client {

// Declares the subcommand with all of its flags. `options` outlives `app`.
CLI::App* AddBenchCommand(CLI::App& app, BenchOptions& options);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_BENCH_FLAGS_H_
