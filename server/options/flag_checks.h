// What values of flags must look like, alone and together.

#ifndef STROBE_SERVER_OPTIONS_FLAG_CHECKS_H_
#define STROBE_SERVER_OPTIONS_FLAG_CHECKS_H_

#include <string>

#include <CLI/CLI.hpp>

#include "server/options/server_options.h"

namespace strobe::server {

// Each returns an empty string for a good value, else what is wrong with it, as CLI11 wants it.

// "host:port" with a port from 0 to 65535.
std::string CheckAddress(const std::string& text);

// An address, or nothing.
std::string CheckOptionalAddress(const std::string& text);

// An address of this machine alone, or nothing.
std::string CheckLoopback(const std::string& text);

// An address, nothing, or "off".
std::string CheckMetricsAddress(const std::string& text);

// "cpu", "cuda" or "cuda:N".
std::string CheckDevice(const std::string& text);

// Empty, or which flags do not go together and why.
std::string CheckCombination(const ServerOptions& options);

// Refuses what is no number from `least` to `most`; CLI::Range lets "nan" through.
CLI::Validator Between(double least, double most);

}  // namespace strobe::server

#endif  // STROBE_SERVER_OPTIONS_FLAG_CHECKS_H_
