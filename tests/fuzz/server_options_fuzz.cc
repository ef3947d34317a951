// Any text as command line, environment and config file of strobe-server: either options that keep
// their ranges, or one line that says what is wrong.

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "server/options/server_options.h"

namespace strobe::server {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckOptions(const ServerOptions& options) {
  Require(!options.models.empty());
  Require(options.backend.batching.policy.max_batch_size >= 1 &&
          options.backend.batching.policy.max_batch_size <= 256);
  Require(options.requests.max_images_per_request >= 1);
  Require(options.backend.admission.queue_capacity >= options.requests.max_images_per_request);
  Require(options.requests.max_prompt_bytes >= 1 && options.requests.max_prompt_bytes <= 16384);
  Require(options.backend.imaging.encode_threads >= 1 &&
          options.ports.connections.max_connections >= 0);
  Require(options.drain_delay >= absl::ZeroDuration() && options.drain_delay <= absl::Hours(1));
  Require(options.backend.admission.max_request_duration >= absl::Milliseconds(1) &&
          options.backend.admission.max_request_duration <= absl::Hours(24));
  Require(options.access.tls.certificate.empty() == options.access.tls.key.empty());
  Require(absl::StrContains(options.ports.address, ":"));
  for (const std::string& device : options.devices) {
    Require(device == "cpu" || absl::StartsWith(device, "cuda"));
  }
}

void Check(const std::vector<std::string>& arguments,
           const std::map<std::string, std::string>& variables) {
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto it = variables.find(name);
    if (it == variables.end()) return std::nullopt;
    return it->second;
  };
  const ParsedCommandLine parsed = ParseCommandLine(arguments, environment);
  if (!parsed.exit_code.has_value()) return CheckOptions(parsed.options);
  Require(*parsed.exit_code == kExitOk || *parsed.exit_code == kExitUsage);
  Require(absl::EndsWith(parsed.text, "\n"));
  if (*parsed.exit_code == kExitUsage) {
    Require(std::count(parsed.text.begin(), parsed.text.end(), '\n') == 1);
  }
}

// Of this process alone.
const std::string& ConfigPath() {
  static const auto* const path = new std::string(absl::StrCat("/tmp/strobe-fuzz-", getpid()));
  return *path;
}

}  // namespace
}  // namespace strobe::server

// The first byte chooses; flags and variables are lines. The files that flags name are never
// opened, but that of --config, which only 'c' may set.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace strobe::server;  // NOLINT
  if (size == 0) return 0;
  const absl::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] == 'c') {
    std::ofstream(ConfigPath(), std::ios::binary) << text;
    Check({"--model", "m", "--config", ConfigPath()}, {});
    std::remove(ConfigPath().c_str());
    return 0;
  }
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (data[0] == 'a') {
    for (const std::string& line : lines) {
      if (absl::StrContains(line, "config")) return 0;
    }
    Check(lines, {});
  }
  if (data[0] == 'e') {
    std::map<std::string, std::string> variables;
    for (const std::string& line : lines)
      variables.insert(absl::StrSplit(line, absl::MaxSplits('=', 1)));
    variables.erase("STROBE_CONFIG");
    Check({"--model=m"}, variables);
  }
  return 0;
}
