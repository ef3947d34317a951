// Any text as command line and environment of strobe-client: either options that keep their
// ranges, or one line that says what is wrong.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/commands/command_line.h"

namespace strobe::client {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

bool IsOneLine(const std::string& text) {
  return absl::EndsWith(text, "\n") && std::count(text.begin(), text.end(), '\n') == 1;
}

void CheckConnection(const ConnectionOptions& connection) {
  Require(!connection.address.empty());
  Require(connection.tls_certificate.empty() == connection.tls_key.empty());
  Require(connection.tls || connection.tls_ca.empty());
}

void CheckPictures(const GenerateOptions& options) {
  Require(options.width >= 0 && options.height >= 0);
  Require((options.width == 0) == (options.height == 0));
  Require(options.deadline >= absl::ZeroDuration());
  Require(options.request_id.empty() || IsRequestId(options.request_id));
  const v1::GenerateImagesRequest request = MakeRequest(options, "a red circle");
  Require(request.has_seed() == options.seed.has_value());
  Require(request.output_format() != v1::OUTPUT_FORMAT_UNSPECIFIED);
}

void CheckRange(const LoadRange& range) {
  Require(range.start > 0 && range.start <= range.end && range.end <= 1e9 && range.step > 0);
  Require((range.end - range.start) / range.step <= 1e9);
}

void CheckBench(const BenchOptions& options) {
  Require(options.channels >= 1 && options.channels <= 256);
  Require(options.max_attempts >= 1 && options.repeats >= 1 && options.windows.max_trials >= 1);
  Require(options.windows.percentile >= 1 && options.windows.percentile <= 100);
  Require(options.windows.stability_percentage > 0);
  Require(options.pixel_check >= 0 && options.pixel_check <= 1);
  Require(options.arrival_smoothness > 0 && std::isfinite(options.arrival_smoothness));
  Require(options.request.num_images >= 1 && options.request.num_images <= 1024);
  Require(options.request_count + options.warmup_request_count <= 2'000'000'000);
  if (options.concurrency_range.has_value()) CheckRange(*options.concurrency_range);
  if (options.request_rate_range.has_value()) CheckRange(*options.request_rate_range);
  for (const FailCondition& condition : options.fail_if) Require(!std::isnan(condition.bound));

  const std::string problem = UsageProblem(options);
  if (!problem.empty() || !options.trace.empty() || !options.workload.empty()) return;
  const auto workload = LoadWorkload(options);
  Require(workload.ok());
  const SessionOptions session = MakeSessionOptions(options, *workload);
  CheckRange(session.range);
  Require(session.plan.windows.interval > absl::ZeroDuration());
}

void CheckSubcommand(const CommandLine& line) {
  switch (line.subcommand) {
    case Subcommand::kGenerate:
      Require(!line.generate.prompts.empty());
      return CheckPictures(line.generate);
    case Subcommand::kLive:
      Require(line.live.interval >= absl::ZeroDuration());
      Require(line.live.time_limit >= absl::ZeroDuration());
      return CheckPictures(line.live.request);
    case Subcommand::kHealth:
      return Require(line.health.wait >= absl::ZeroDuration());
    case Subcommand::kBench:
      return CheckBench(line.bench);
    case Subcommand::kModels:
      return;
  }
  std::abort();
}

void Check(const std::vector<std::string>& arguments) {
  const CommandLine line = ParseCommandLine(arguments);
  if (!line.exit_code.has_value()) {
    CheckConnection(line.connection());
    return CheckSubcommand(line);
  }
  Require(*line.exit_code == kExitOk || *line.exit_code == kExitUsage);
  Require(*line.exit_code == kExitOk ? !line.text.empty() : IsOneLine(line.text));
}

}  // namespace
}  // namespace strobe::client

// Lines: first the values of the variables, up to an empty line, then the arguments.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (absl::StrContains(text, '\0')) return 0;  // neither can hold one
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  constexpr const char* kVariables[] = {"STROBE_ADDRESS", "STROBE_TLS_CA", "STROBE_TLS_CERTIFICATE",
                                        "STROBE_TLS_KEY", "STROBE_TOKEN_FILE"};
  auto next = lines.begin();
  for (const char* const variable : kVariables) {
    unsetenv(variable);
    if (next != lines.end() && !next->empty()) setenv(variable, (next++)->c_str(), 1);
  }
  if (next != lines.end() && next->empty()) ++next;
  strobe::client::Check({next, lines.end()});
  return 0;
}
