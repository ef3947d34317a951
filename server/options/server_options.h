// Everything an operator can set, and where it is read from.

#ifndef STROBE_SERVER_OPTIONS_SERVER_OPTIONS_H_
#define STROBE_SERVER_OPTIONS_SERVER_OPTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/engine/engine_options.h"
#include "server/observability/logging.h"
#include "server/ports/port_options.h"
#include "server/requests/request_limits.h"
#include "server/rpc/call_writer_options.h"
#include "server/security/security_options.h"
#include "server/startup/backend_options.h"

namespace strobe::server {

// The options of every room, as the room itself declares them: names, units and defaults are there.
// A flag has the name of its field with dashes; those of `tls` and `log` begin with that word. What
// has no flag is the same for every server.
struct ServerOptions {
  // --model, may be repeated: directories in diffusers layout, the first is the default.
  std::vector<std::string> models;
  std::vector<std::string> devices = {"cpu"};  // --device, may be repeated: "cpu" or "cuda:N"
  EngineOptions engine;
  BackendOptions backend;
  RequestLimits requests;
  CallWriterOptions calls;
  PortOptions ports;
  AccessOptions access;
  std::string metrics_address = "127.0.0.1:9464";     // Prometheus, host:port; empty: off
  absl::Duration drain_delay = absl::ZeroDuration();  // between not ready and refusing
  absl::Duration drain_timeout = absl::Seconds(30);   // for admitted work to finish
  LogOptions log;
};

// Exit codes of the program; docs/serving/configuration.md has the table.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitSelfTest = 3;
inline constexpr int kExitDeviceLost = 4;
inline constexpr int kExitHung = 5;

// Either options to serve with, or what to print before leaving.
struct ParsedCommandLine {
  ServerOptions options;
  std::optional<int> exit_code;  // set: print `text` and leave (kExitOk to stdout, else to stderr)
  std::string text;
};

// The value of an environment variable, if set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// The process's own environment.
Environment ProcessEnvironment();

// Reads every flag from `arguments` (without the program's name), else from STROBE_<FLAG>, else
// from the file that --config names, else its default. Empty variables count as unset. Touches
// nothing but that file. Anything wrong gives kExitUsage and one line that names the flag and its
// variable.
ParsedCommandLine ParseCommandLine(absl::Span<const std::string> arguments,
                                   const Environment& environment);

}  // namespace strobe::server

#endif  // STROBE_SERVER_OPTIONS_SERVER_OPTIONS_H_
