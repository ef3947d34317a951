#include "server/program/measure_command.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/file_io.h"
#include "base/status_macros.h"
#include "server/simulation/cost_file.h"
#include "server/startup/generation_backend.h"

namespace strobe::server {
namespace {

constexpr char kMeasureFooter[] =
    "Every other flag is one of strobe-server's: --model, --device, --dtype, --threads, --lanes "
    "and\n"
    "--max-batch-size decide what is measured. Keep the machine as busy as it will be.";

EngineReports NoReports() {
  return {[](int, int) {}, [](Stage, int, int) {}, [] {}, [](const absl::Status&) {},
          [](int64_t, int64_t) {}};
}

int CannotWrite(const absl::Status& status, std::ostream& err) {
  err << "strobe-server: cannot write " << status.message() << "\n";
  return kExitFailed;
}

absl::StatusOr<CostFile> Measure(const ServerOptions& options, const EngineFactory& load_engine) {
  std::vector<std::unique_ptr<StageEngine>> engines;
  ModelRegistry registry;
  const std::vector<ModelSource> models = registry.NewSources(options.models);
  for (const std::string& device : options.devices) {
    STROBE_ASSIGN_OR_RETURN(engines.emplace_back(), load_engine(device, models, NoReports()));
  }
  ServerMetrics metrics;
  GenerationBackend backend(options.backend, Clock::Real(), metrics, registry, std::move(engines));
  STROBE_RETURN_IF_ERROR(backend.WarmUp());
  CostFile file;
  file.devices = options.devices;
  file.lanes = *std::max_element(backend.lanes().begin(), backend.lanes().end());
  file.max_batch_size = options.backend.batching.policy.max_batch_size;
  file.models = registry.List();
  file.costs = backend.request_backend().batcher.costs();
  backend.Stop();
  return file;
}

}  // namespace

int RunMeasureCommand(const std::vector<std::string>& arguments,
                      const std::function<EngineFactory(const ServerOptions&)>& engine_factory,
                      std::ostream& out, std::ostream& err) {
  std::string output;
  CLI::App app("Measures what each stage costs on this machine.", "strobe-server measure");
  app.add_option("--output", output, "File to write, for `strobe-server simulate`")
      ->required()
      ->type_name("FILE");
  app.allow_extras();
  app.footer(kMeasureFooter);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    out << app.help();
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    err << "strobe-server: " << error.what() << " (see strobe-server measure --help)\n";
    return kExitUsage;
  }
  const ParsedCommandLine parsed = ParseCommandLine(app.remaining(), ProcessEnvironment());
  if (parsed.exit_code.has_value()) {
    (*parsed.exit_code == kExitOk ? out : err) << parsed.text << std::flush;
    return *parsed.exit_code;
  }
  ConfigureLogging(parsed.options.log);
  // First, so that a long measurement is not for nothing.
  absl::StatusOr<FileReplacement> result = FileReplacement::Begin(output);
  if (!result.ok()) return CannotWrite(result.status(), err);
  const auto file = Measure(parsed.options, engine_factory(parsed.options));
  if (!file.ok()) {
    err << "strobe-server: " << file.status().message() << "\n";
    return kExitFailed;
  }
  absl::Status written = result->Append(CostFileAsJson(*file));
  if (written.ok()) written = result->Commit();
  return written.ok() ? kExitOk : CannotWrite(written, err);
}

}  // namespace strobe::server
