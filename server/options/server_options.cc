#include "server/options/server_options.h"

#include <cstdlib>
#include <map>

#include <CLI/CLI.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/options/flag_checks.h"

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

// Declares the flags on a CLI11 application that writes into `options`.
class FlagSet {
 public:
  FlagSet(CLI::App& app, ServerOptions& options) : app_(app), options_(options) {
    AddModelFlags();
    AddAddressFlags();
    AddSecurityFlags();
    AddLimitFlags();
    AddPictureFlags();
    AddShutdownFlags();
    AddLogFlags();
  }

 private:
  template <typename Value>
  CLI::Option* Add(const std::string& name, Value& value, const std::string& description) {
    return app_.add_option("--" + name, value, description)->capture_default_str();
  }

  // A duration from `least` to `most`.
  void AddDuration(const std::string& name, absl::Duration& value, absl::Duration least,
                   absl::Duration most, const std::string& description) {
    const auto set = [name, &value, least, most](const std::string& text) {
      absl::Duration parsed;
      if (!absl::ParseDuration(text, &parsed) || parsed < least || parsed > most) {
        throw CLI::ValidationError(
            "--" + name,
            absl::StrCat("'", text, "' is not a duration from ", absl::FormatDuration(least),
                         " to ", absl::FormatDuration(most), " (like 500ms, 30s, 2m)"));
      }
      value = parsed;
    };
    app_.add_option_function<std::string>("--" + name, set, description)
        ->type_name("DURATION")
        ->default_str(absl::FormatDuration(value));
  }

  template <typename Enum>
  void AddChoice(const std::string& name, Enum& value, const std::map<std::string, Enum>& choices,
                 const std::string& default_name, const std::string& description) {
    std::vector<std::string> names;
    for (const auto& [choice, unused] : choices) names.push_back(choice);
    app_.add_option_function<std::string>(
            "--" + name, [&value, choices](const std::string& text) { value = choices.at(text); },
            description)
        ->check(CLI::IsMember(names))
        ->default_str(default_name);
  }

  void AddModelFlags() {
    app_.add_option("--model", options_.models,
                    "Directory of a model in diffusers layout; repeat it to serve several, the "
                    "first is the default model. Required")
        ->allow_extra_args(false)
        ->type_name("DIR");
    app_.add_option("--device", options_.devices,
                    "Where the models run: cpu or cuda:N; repeat it to use several devices behind "
                    "one queue")
        ->allow_extra_args(false)
        ->capture_default_str()
        ->check(CheckDevice);
    Add("dtype", options_.dtype, "Number format of the models")
        ->check(CLI::IsMember({"float32", "bfloat16", "float16"}));
    Add("threads", options_.threads, "CPU threads of the models; 0: one for each physical core")
        ->check(CLI::Range(0, 1024));
    Add("lanes", options_.lanes,
        "Micro-batches that run side by side on each device and share its threads; 0: as many as "
        "give the most images a second when measured at the start (one on CUDA)")
        ->check(CLI::Range(0, 64));
    app_.add_flag(
        "--exact", options_.exact,
        "Call the networks with --max-batch-size rows always, filled up with copies: a "
        "picture is the same bit for bit whoever shares its batch, and one alone costs as "
        "much as a full batch");
    app_.add_flag("--skip-self-test", options_.skip_self_test,
                  "Serve without drawing the known pictures of the models first (see "
                  "docs/models/self-test.md)");
    Add("prompt-cache-mb", options_.prompt_cache_mb,
        "MiB of prompt embeddings that are kept for repeated prompts; 0: none")
        ->check(CLI::Range(0, 65536));
  }

  void AddAddressFlags() {
    Add("address", options_.address, "Address of the gRPC service; port 0 takes a free one")
        ->type_name("HOST:PORT")
        ->check(CheckAddress);
    Add("metrics-address", options_.metrics_address,
        "Address of the Prometheus metrics (http://HOST:PORT/metrics); off: none")
        ->type_name("HOST:PORT")
        ->check(CheckMetricsAddress);
    Add("health-address", options_.health_address,
        "Address of another plaintext port that answers gRPC health checks alone, for probes that "
        "cannot speak TLS; none by default")
        ->type_name("HOST:PORT")
        ->check(CheckOptionalAddress);
    Add("admin-address", options_.admin_address,
        "Loopback address of another plaintext port with the service, reflection and channelz; "
        "none by default")
        ->type_name("HOST:PORT")
        ->check(CheckLoopback);
  }

  void AddSecurityFlags() {
    Add("tls-certificate", options_.tls_certificate,
        "PEM file with the server's certificate chain: callers must use TLS. Changed files are "
        "taken up within seconds when they are good")
        ->type_name("FILE");
    Add("tls-key", options_.tls_key, "PEM file with the certificate's key")->type_name("FILE");
    Add("tls-client-ca", options_.tls_client_ca,
        "PEM file with the CAs that sign callers' certificates: callers must show one")
        ->type_name("FILE");
    Add("token-file", options_.token_file,
        "File with lines 'subject token': callers must send 'authorization: Bearer <token>'. Read "
        "again when it changes")
        ->type_name("FILE");
    Add("max-connections", options_.max_connections,
        "Connections of all callers at most; 0: no limit")
        ->check(CLI::Range(0, 1000000));
    Add("max-connections-per-address", options_.max_connections_per_address,
        "Connections of one IP address at most; 0: no limit")
        ->check(CLI::Range(0, 1000000));
  }

  void AddLimitFlags() {
    Add("max-batch-size", options_.max_batch_size,
        "Samples (images) that run together at most; fewer where larger batches save nothing")
        ->check(CLI::Range(1, 256));
    Add("queue-capacity", options_.queue_capacity,
        "Samples that are admitted at most, at least --max-images-per-request; more are refused "
        "with RESOURCE_EXHAUSTED")
        ->check(CLI::Range(1, 1000000));
    AddDuration(
        "max-queue-wait", options_.max_queue_wait, absl::Milliseconds(1), absl::Hours(24),
        "Predicted wait of a request behind the work that goes before it, beyond which it is "
        "refused with RESOURCE_EXHAUSTED, however many places are free");
    Add("max-images-per-request", options_.max_images_per_request, "Images of one request at most")
        ->check(CLI::Range(1, 1024));
    Add("max-prompt-bytes", options_.max_prompt_bytes, "Bytes of UTF-8 of one prompt at most")
        ->check(CLI::Range(1, 16384));
    AddDuration("max-request-duration", options_.max_request_duration, absl::Milliseconds(1),
                absl::Hours(24), "Deadline of requests that bring none or a later one");
    Add("caller-inflight-limit", options_.caller_inflight_limit,
        "Requests of one caller (certificate, token or IP address) in flight at most; 0: no limit")
        ->check(CLI::Range(0, 1000000));
    AddDuration("write-stall-timeout", options_.write_stall_timeout, absl::Milliseconds(1),
                absl::Hours(24), "Time after which a caller that stops reading is cut off");
    AddDuration("hang-timeout", options_.hang_timeout, absl::Milliseconds(100), absl::Hours(24),
                "A stage on the device that takes longer than this and than 20 times its usual "
                "time hangs: the server ends with exit code 5");
    Add("encode-threads", options_.encode_threads, "CPU threads that encode PNG, JPEG and WebP")
        ->check(CLI::Range(1, 256));
  }

  void AddPictureFlags() {
    app_.add_flag("--embed-prompts", options_.embed_prompts,
                  "Write prompt, seed and steps into the metadata of the pictures, beside the mark "
                  "that a model made them");
  }

  void AddShutdownFlags() {
    AddDuration("drain-delay", options_.drain_delay, absl::ZeroDuration(), absl::Hours(1),
                "On SIGTERM, time between reporting not ready and refusing new requests, for load "
                "balancers to notice");
    AddDuration("drain-timeout", options_.drain_timeout, absl::ZeroDuration(), absl::Hours(24),
                "On SIGTERM, time for admitted requests to finish before they are cancelled");
  }

  void AddLogFlags() {
    AddChoice<LogLevel>("log-level", options_.log_level,
                        {{"debug", LogLevel::kDebug},
                         {"info", LogLevel::kInfo},
                         {"warning", LogLevel::kWarning},
                         {"error", LogLevel::kError},
                         {"off", LogLevel::kOff}},
                        "info", "Least level that is logged to stderr");
    AddChoice<LogFormat>("log-format", options_.log_format,
                         {{"json", LogFormat::kJson}, {"text", LogFormat::kText}}, "json",
                         "Shape of a log line");
  }

  CLI::App& app_;
  ServerOptions& options_;
};

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
  const FlagSet flags(app, options);
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
