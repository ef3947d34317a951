// Everything an operator can set, and where it is read from.

#ifndef STROBE_SERVER_OPTIONS_SERVER_OPTIONS_H_
#define STROBE_SERVER_OPTIONS_SERVER_OPTIONS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/observability/logging.h"

namespace strobe::server {

// Every field has a flag of the same name with dashes, but `models` and `devices`: --model and
// --device, which may be repeated.
struct ServerOptions {
  // What is served, and on what.
  std::vector<std::string>
      models;  // --model; directories in diffusers layout, the first is default
  std::vector<std::string> devices = {"cpu"};  // --device; each "cpu" or "cuda:N"
  std::string dtype = "float32";               // "float32", "bfloat16" or "float16"
  int threads = 0;              // CPU threads of the models; 0: one for each physical core
  int lanes = 0;                // micro-batches side by side on a device; 0: as measured
  bool exact = false;           // every network call at max_batch_size rows
  bool skip_self_test = false;  // no known pictures are drawn before serving
  int prompt_cache_mb = 64;     // MiB of prompt embeddings; 0: no cache

  // Where.
  std::string address = "127.0.0.1:50051";         // gRPC, host:port; port 0: any free one
  std::string metrics_address = "127.0.0.1:9464";  // Prometheus, host:port; empty: off
  std::string health_address;                      // plaintext gRPC health alone; empty: off
  std::string admin_address;  // plaintext service, reflection, channelz; loopback; empty: off

  // Who may call.
  std::string tls_certificate;          // PEM file; empty: plaintext
  std::string tls_key;                  // PEM file
  std::string tls_client_ca;            // PEM file; empty: callers need no certificate
  std::string token_file;               // lines "subject token"; empty: callers need no token
  int max_connections = 4096;           // of all callers; 0: no limit
  int max_connections_per_address = 0;  // 0: no limit

  // Limits.
  int max_batch_size = 16;                                   // samples
  int queue_capacity = 256;                                  // samples that wait or run
  absl::Duration max_queue_wait = absl::Seconds(60);         // predicted; beyond it, refused
  int max_images_per_request = 8;                            // images
  int max_prompt_bytes = 2048;                               // bytes
  absl::Duration max_request_duration = absl::Seconds(120);  // also without a deadline
  int caller_inflight_limit = 0;                             // requests of one caller; 0: no limit
  absl::Duration write_stall_timeout = absl::Seconds(30);    // for a reader that stops reading
  absl::Duration hang_timeout = absl::Seconds(60);           // of one stage on a device
  int encode_threads = 2;                                    // threads that encode pictures
  bool embed_prompts = false;  // prompt, seed and steps in the pictures' metadata

  // Shutting down.
  absl::Duration drain_delay = absl::ZeroDuration();  // between not ready and refusing
  absl::Duration drain_timeout = absl::Seconds(30);   // for admitted work to finish

  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kJson;
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
