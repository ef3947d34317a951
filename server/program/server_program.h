// What a server program does from its arguments to its exit code, whatever its engine.

#ifndef STROBE_SERVER_PROGRAM_SERVER_PROGRAM_H_
#define STROBE_SERVER_PROGRAM_SERVER_PROGRAM_H_

#include <functional>
#include <string>
#include <vector>

#include "server/observability/info_metrics.h"
#include "server/options/server_options.h"
#include "server/program/server.h"

namespace strobe::server {

// strobe's version and revision and gRPC's version; torch, onednn and cuda are the engine's to fill
// in.
BuildInfo BaseBuildInfo();

// "measure" or "simulate" as the first argument runs that command. Otherwise: reads the options,
// serves until SIGTERM or SIGINT, drains, and returns the exit code of --help;
// what fails is the last line on stderr. A signal before the server is ready leaves at once:
// nothing was admitted yet. A second signal cancels what is left. To be called once, from main,
// before any thread is made.
int RunServerProgram(const std::vector<std::string>& arguments, const BuildInfo& build_info,
                     const std::function<EngineFactory(const ServerOptions&)>& engine_factory);

}  // namespace strobe::server

#endif  // STROBE_SERVER_PROGRAM_SERVER_PROGRAM_H_
