#include "server/options/server_options.h"

#include <cstdlib>

#include <CLI/CLI.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/options/flag_checks.h"
#include "server/options/flag_set.h"

namespace strobe::server {
namespace {

constexpr absl::string_view kFooter =
    "strobe-server measure --help: measures what the stages cost on this machine, for\n"
    "strobe-server simulate --help: how many servers a load needs.\n\n"
    "Every flag can also come from the environment as STROBE_<FLAG>, upper case with _ for -\n"
    "(STROBE_MAX_BATCH_SIZE=4; several models as STROBE_MODEL=dir1:dir2), and from the file of\n"
    "--config (lines like max-batch-size=4). Flags win over the environment, it wins over the "
    "file.\n"
    "Durations are written like 500ms, 30s or 2m.\n\n"
    "Signals: SIGTERM or SIGINT drains and leaves; a second one cancels what is left at once.\n"
    "Exit codes: 0 stopped as asked, 1 failed to start, 2 wrong usage, 3 the self-test failed,\n"
    "4 a device was lost, 5 a device hung; after 4 and 5 a new process may do better.";

std::string EnvironmentName(absl::string_view flag) {
  return absl::StrCat("STROBE_", absl::AsciiStrToUpper(absl::StrReplaceAll(flag, {{"-", "_"}})));
}

bool IsGiven(absl::Span<const std::string> arguments, const std::string& flag) {
  for (const std::string& argument : arguments) {
    if (argument == flag || absl::StartsWith(argument, flag + "=")) return true;
  }
  return false;
}

// `arguments`, and for every flag that they leave out what the environment says: CLI11 itself would
// let the file win over the environment. Remembers in `from_environment` what it took.
std::vector<std::string> WithEnvironment(const CLI::App& app,
                                         absl::Span<const std::string> arguments,
                                         const Environment& environment,
                                         std::vector<std::string>& from_environment) {
  std::vector<std::string> all(arguments.begin(), arguments.end());
  for (const CLI::Option* option : app.get_options()) {
    const std::string name = option->get_lnames().front();
    if (name == "help" || name == "version" || IsGiven(arguments, "--" + name)) continue;
    const auto value = environment(EnvironmentName(name));
    if (!value.has_value() || value->empty()) continue;
    from_environment.push_back(name);
    std::vector<std::string> values = {*value};
    if (name == "model") values = absl::StrSplit(*value, ':', absl::SkipEmpty());
    for (const std::string& one : values) all.push_back(absl::StrCat("--", name, "=", one));
  }
  return all;
}

ParsedCommandLine UsageError(absl::string_view what,
                             absl::Span<const std::string> from_environment) {
  std::string line = absl::StrCat("strobe-server: ", absl::StrReplaceAll(what, {{"\n", " "}}));
  for (const std::string& name : from_environment) {
    if (absl::StrContains(what, "--" + name)) {
      absl::StrAppend(&line, " (set by ", EnvironmentName(name), ")");
    }
  }
  return {{}, kExitUsage, line + " (see strobe-server --help)\n"};
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

ParsedCommandLine ParseCommandLine(absl::Span<const std::string> arguments,
                                   const Environment& environment) {
  ServerOptions options;
  CLI::App app("Serves few-step text-to-image diffusion models over gRPC.", "strobe-server");
  AddServerFlags(app, options);
  app.set_config("--config", "", "File with flags, one name=value a line (INI or TOML)");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.set_version_flag("--version", "strobe-server " STROBE_VERSION " (" STROBE_REVISION ")");
  app.footer(std::string(kFooter));

  std::vector<std::string> from_environment;
  std::vector<std::string> all = WithEnvironment(app, arguments, environment, from_environment);
  try {
    app.parse(std::vector<std::string>(all.rbegin(), all.rend()));
  } catch (const CLI::CallForHelp&) {
    return {{}, kExitOk, app.help()};
  } catch (const CLI::CallForVersion&) {
    return {{}, kExitOk, app.version() + "\n"};
  } catch (const CLI::ParseError& error) {
    return UsageError(error.what(), from_environment);
  }
  if (const std::string wrong = CheckCombination(options); !wrong.empty()) {
    return UsageError(wrong, from_environment);
  }
  if (options.metrics_address == "off") options.metrics_address.clear();
  return {options, std::nullopt, ""};
}

}  // namespace strobe::server
