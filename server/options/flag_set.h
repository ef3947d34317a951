// The flags of strobe-server.

#ifndef STROBE_SERVER_OPTIONS_FLAG_SET_H_
#define STROBE_SERVER_OPTIONS_FLAG_SET_H_

#include <CLI/CLI.hpp>

#include "server/options/server_options.h"

namespace strobe::server {

// Declares every flag on `app`, which writes into `options`; what stands there is the default. Both
// must outlive the parsing.
void AddServerFlags(CLI::App& app, ServerOptions& options);

}  // namespace strobe::server

#endif  // STROBE_SERVER_OPTIONS_FLAG_SET_H_
