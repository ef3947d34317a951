// strobe-server measure: how long does each stage take on this machine?

#ifndef STROBE_SERVER_PROGRAM_MEASURE_COMMAND_H_
#define STROBE_SERVER_PROGRAM_MEASURE_COMMAND_H_

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "server/options/server_options.h"
#include "server/program/server.h"

namespace strobe::server {

// Loads the models, warms them up exactly as the server does and writes what it measured to
// --output, for `strobe-server simulate`. Opens no port. `arguments` are those behind "measure":
// the server's own flags and --output. Returns an exit code of server_options.h.
int RunMeasureCommand(const std::vector<std::string>& arguments,
                      const std::function<EngineFactory(const ServerOptions&)>& engine_factory,
                      std::ostream& out, std::ostream& err);

}  // namespace strobe::server

#endif  // STROBE_SERVER_PROGRAM_MEASURE_COMMAND_H_
