// strobe-server simulate: how many servers does a load need?

#ifndef STROBE_SERVER_PROGRAM_SIMULATE_COMMAND_H_
#define STROBE_SERVER_PROGRAM_SIMULATE_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

namespace strobe::server {

// Reads a cost model and a workload, simulates them and prints what came of it; needs no model and
// no device. `arguments` are those behind "simulate". Returns an exit code of server_options.h.
int RunSimulateCommand(const std::vector<std::string>& arguments, std::ostream& out,
                       std::ostream& err);

}  // namespace strobe::server

#endif  // STROBE_SERVER_PROGRAM_SIMULATE_COMMAND_H_
