// What `strobe-client bench` was asked to do.

#ifndef STROBE_CLIENT_COMMANDS_BENCH_OPTIONS_H_
#define STROBE_CLIENT_COMMANDS_BENCH_OPTIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/channel.h"
#include "client/load/bench_session.h"
#include "client/load/fail_condition.h"
#include "workload/workload.h"

namespace strobe::client {

struct BenchOptions {
  ConnectionOptions connection;
  int channels = 4;  // connections

  // The load. At most one of these; none: one caller.
  std::optional<LoadRange> concurrency_range;
  std::optional<LoadRange> request_rate_range;
  bool offline = false;
  std::string trace;  // file

  workload::ArrivalProcess distribution = workload::ArrivalProcess::kPoisson;
  double arrival_smoothness = 1.0;
  uint64_t seed = 1;

  // The requests: a file, or one class from the flags.
  std::string workload;  // file
  workload::RequestClass request;

  // The measurement.
  WindowOptions windows;
  uint64_t warmup_request_count = 10;
  uint64_t request_count = 0;  // 0: the windows decide
  int repeats = 1;
  absl::Duration latency_threshold = absl::InfiniteDuration();
  bool binary_search = false;
  double pixel_check = 0.01;   // share of the requests
  int pixel_check_limit = 32;  // requests of a run
  std::vector<std::string> metrics_urls;
  int max_attempts = 1;

  // A second server, loaded in turns with the first; empty: none.
  std::string compare_address;
  std::vector<std::string> compare_metrics_urls;

  // The results.
  std::string output = "bench-report";  // directory; empty: no files
  bool json = false;
  std::vector<FailCondition> fail_if;
  std::string command_line;  // for the report
};

// "16", "1:16" or "1:16:5": start, end and step, which is 1 unless given. Start is above 0, end is
// not below it and step is above 0; INVALID_ARGUMENT else.
absl::StatusOr<LoadRange> ParseLoadRange(absl::string_view text);

// What a whole command line cannot say, "--offline needs --request-count"; empty: nothing is wrong.
std::string UsageProblem(const BenchOptions& options);

// From the files, or from the flags. INVALID_ARGUMENT names the file and what is wrong in it.
absl::StatusOr<workload::Workload> LoadWorkload(const BenchOptions& options);

// The session for a workload.
SessionOptions MakeSessionOptions(const BenchOptions& options, const workload::Workload& workload);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_BENCH_OPTIONS_H_
