#include "server/program/measure_command.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
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

absl::StatusOr<CostFile> Measure(const ServerOptions& options, const EngineFactory& load_engine) {
  std::vector<std::unique_ptr<StageEngine>> engines;
  for (const std::string& device : options.devices) {
    auto engine = load_engine(device, NoReports());
    if (!engine.ok()) return engine.status();
    engines.push_back(*std::move(engine));
  }
  Metrics metrics;
  GenerationBackend backend(options, Clock::Real(), metrics, std::move(engines));
  if (const absl::Status status = backend.WarmUp(); !status.ok()) return status;
  CostFile file;
  file.devices = options.devices;
  file.lanes = *std::max_element(backend.lanes().begin(), backend.lanes().end());
  file.max_batch_size = options.max_batch_size;
  file.models = backend.models();
  file.costs = backend.request_backend().batcher.cost_model();
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
  ConfigureLogging(parsed.options.log_level, parsed.options.log_format);
  // First, so that a long measurement is not for nothing.
  std::ofstream stream(output, std::ios::binary | std::ios::trunc);
  if (!stream) {
    err << "strobe-server: cannot write " << output << "\n";
    return kExitFailed;
  }
  const auto file = Measure(parsed.options, engine_factory(parsed.options));
  if (!file.ok()) {
    err << "strobe-server: " << file.status().message() << "\n";
    return kExitFailed;
  }
  if (!(stream << CostFileAsJson(*file) << std::flush)) {
    err << "strobe-server: cannot write " << output << "\n";
    return kExitFailed;
  }
  return kExitOk;
}

}  // namespace strobe::server
