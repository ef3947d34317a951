#include "server/options/flag_set.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/options/flag_checks.h"

namespace strobe::server {
namespace {

// Declares the flags in groups, in the order of the help text. Used once.
class FlagSet {
 public:
  FlagSet(CLI::App& app, ServerOptions& options) : app_(app), options_(options) {}

  void AddAll() {
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
                 const std::string& description) {
    std::vector<std::string> names;
    std::string default_name;
    for (const auto& [choice, meaning] : choices) {
      names.push_back(choice);
      if (meaning == value) default_name = choice;
    }
    app_.add_option_function<std::string>(
            "--" + name, [&value, choices](const std::string& text) { value = choices.at(text); },
            description)
        ->check(CLI::IsMember(names))
        ->default_str(default_name);
  }

  void AddModelFlags() {
    EngineOptions& engine = options_.engine;
    BackendOptions& backend = options_.backend;
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
    Add("dtype", engine.dtype, "Number format of the models")
        ->check(CLI::IsMember({"float32", "bfloat16", "float16"}));
    Add("threads", engine.threads, "CPU threads of the models; 0: one for each physical core")
        ->check(CLI::Range(0, 1024));
    Add("lanes", backend.lanes,
        "Micro-batches that run side by side on each device and share its threads; 0: as many as "
        "give the most images a second when measured at the start (one on CUDA)")
        ->check(CLI::Range(0, 64));
    app_.add_flag(
        "--exact", engine.exact,
        "Call the networks with --max-batch-size rows always, filled up with copies: a "
        "picture is the same bit for bit whoever shares its batch, and one alone costs as "
        "much as a full batch");
    app_.add_flag("--skip-self-test", backend.skip_self_test,
                  "Serve without drawing the known pictures of the models first (see "
                  "docs/models/self-test.md)");
    Add("prompt-cache-mb", engine.prompt_cache_mb,
        "MiB of prompt embeddings that are kept for repeated prompts; 0: none")
        ->check(CLI::Range(0, 65536));
  }

  void AddAddressFlags() {
    PortOptions& ports = options_.ports;
    Add("address", ports.address, "Address of the gRPC service; port 0 takes a free one")
        ->type_name("HOST:PORT")
        ->check(CheckAddress);
    Add("metrics-address", options_.metrics_address,
        "Address of the Prometheus metrics (http://HOST:PORT/metrics); off: none")
        ->type_name("HOST:PORT")
        ->check(CheckMetricsAddress);
    Add("health-address", ports.health_address,
        "Address of another plaintext port that answers gRPC health checks alone, for probes that "
        "cannot speak TLS; none by default")
        ->type_name("HOST:PORT")
        ->check(CheckOptionalAddress);
    Add("admin-address", ports.admin_address,
        "Loopback address of another plaintext port with the service, reflection and channelz; "
        "none by default")
        ->type_name("HOST:PORT")
        ->check(CheckLoopback);
  }

  void AddSecurityFlags() {
    AccessOptions& access = options_.access;
    ConnectionLimits& connections = options_.ports.connections;
    Add("tls-certificate", access.tls.certificate,
        "PEM file with the server's certificate chain: callers must use TLS. Changed files are "
        "taken up within seconds when they are good")
        ->type_name("FILE");
    Add("tls-key", access.tls.key, "PEM file with the certificate's key")->type_name("FILE");
    Add("tls-client-ca", access.tls.client_ca,
        "PEM file with the CAs that sign callers' certificates: callers must show one")
        ->type_name("FILE");
    Add("token-file", access.token_file,
        "File with lines 'subject token': callers must send 'authorization: Bearer <token>'. Read "
        "again when it changes")
        ->type_name("FILE");
    Add("max-connections", connections.max_connections,
        "Connections of all callers at most; 0: no limit")
        ->check(CLI::Range(0, 1000000));
    Add("max-connections-per-address", connections.max_connections_per_address,
        "Connections of one IP address at most; 0: no limit")
        ->check(CLI::Range(0, 1000000));
  }

  void AddLimitFlags() {
    BatchingOptions& batching = options_.backend.batching;
    AdmissionOptions& admission = options_.backend.admission;
    RequestLimits& requests = options_.requests;
    Add("max-batch-size", batching.policy.max_batch_size,
        "Samples (images) that run together at most; fewer where larger batches save nothing")
        ->check(CLI::Range(1, 256));
    Add("queue-capacity", admission.queue_capacity,
        "Samples that are admitted at most, at least --max-images-per-request; more are refused "
        "with RESOURCE_EXHAUSTED")
        ->check(CLI::Range(1, 1000000));
    AddDuration(
        "max-queue-wait", admission.max_queue_wait, absl::Milliseconds(1), absl::Hours(24),
        "By how much the load may delay a request, as predicted; beyond it the request is refused "
        "with RESOURCE_EXHAUSTED, however many places are free");
    Add("max-images-per-request", requests.max_images_per_request, "Images of one request at most")
        ->check(CLI::Range(1, 1024));
    Add("max-prompt-bytes", requests.max_prompt_bytes, "Bytes of UTF-8 of one prompt at most")
        ->check(CLI::Range(1, 16384));
    AddDuration("max-request-duration", admission.max_request_duration, absl::Milliseconds(1),
                absl::Hours(24), "Deadline of requests that bring none or a later one");
    Add("caller-inflight-limit", admission.caller_inflight_limit,
        "Requests of one caller (certificate, token or IP address) in flight at most; 0: no limit")
        ->check(CLI::Range(0, 1000000));
    AddDuration("write-stall-timeout", options_.calls.write_stall_timeout, absl::Milliseconds(1),
                absl::Hours(24), "Time after which a caller that stops reading is cut off");
    AddDuration("hang-timeout", batching.hang_timeout, absl::Milliseconds(100), absl::Hours(24),
                "A stage on the device that takes longer than this and than 20 times its usual "
                "time hangs: the server ends with exit code 5");
  }

  void AddPictureFlags() {
    ImagingOptions& imaging = options_.backend.imaging;
    Add("encode-threads", imaging.encode_threads, "CPU threads that encode PNG, JPEG and WebP")
        ->check(CLI::Range(1, 256));
    app_.add_flag("--embed-prompts", imaging.embed_prompts,
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
    AddChoice<LogLevel>("log-level", options_.log.level,
                        {{"debug", LogLevel::kDebug},
                         {"info", LogLevel::kInfo},
                         {"warning", LogLevel::kWarning},
                         {"error", LogLevel::kError},
                         {"off", LogLevel::kOff}},
                        "Least level that is logged to stderr");
    AddChoice<LogFormat>("log-format", options_.log.format,
                         {{"json", LogFormat::kJson}, {"text", LogFormat::kText}},
                         "Shape of a log line");
  }

  CLI::App& app_;
  ServerOptions& options_;
};

}  // namespace

void AddServerFlags(CLI::App& app, ServerOptions& options) { FlagSet(app, options).AddAll(); }

}  // namespace strobe::server
