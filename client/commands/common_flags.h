// Flags and flag values that several subcommands share.

#ifndef STROBE_CLIENT_COMMANDS_COMMON_FLAGS_H_
#define STROBE_CLIENT_COMMANDS_COMMON_FLAGS_H_

#include <CLI/App.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/channel.h"

namespace strobe::client {

inline constexpr char kDefaultAddress[] = "127.0.0.1:50051";

// One line for a wrong command line, with the help that explains its flags. For
// CLI::App::failure_message.
std::string UsageError(const CLI::App* app, const CLI::Error& error);

// Refuses what is no number from `least` to `most`; CLI::Range lets "nan" through.
CLI::Validator Between(double least, double most);

// --address, or STROBE_ADDRESS.
void AddAddressFlag(CLI::App& app, std::string& address);

// --address and the flags of TLS and tokens, each with its variable.
void AddConnectionFlags(CLI::App& app, ConnectionOptions& connection);

// "10s", "1m30s", "500ms", or a bare number of seconds, "2.5"; not negative. INVALID_ARGUMENT else.
absl::StatusOr<absl::Duration> ParseDurationFlag(absl::string_view text);

// A flag with such a value. A wrong one is a usage error.
CLI::Option* AddDurationFlag(CLI::App& app, const std::string& name, absl::Duration& value,
                             const std::string& help);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_COMMON_FLAGS_H_
