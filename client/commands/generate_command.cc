#include "client/commands/generate_command.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>
#include <vector>

#include "client/commands/command_failure.h"
#include "client/commands/common_flags.h"
#include "client/commands/generation_report.h"
#include "client/commands/generation_run.h"
#include "client/commands/picture_flags.h"
#include "client/commands/preview.h"

namespace strobe::client {
namespace {

constexpr char kGenerateExamples[] =
    "Examples:\n"
    "  strobe-client generate \"a red circle on a blue background\"\n"
    "  strobe-client generate \"a green square\" --seed 7 --steps 3 --num-images 4 --output out\n"
    "  strobe-client generate \"a cat\" \"a dog\" --format jpeg --quality 85 --deadline 2s "
    "--best-effort\n"
    "  strobe-client generate \"a boat\" --json | jq -r '.requests[].images[].path'\n"
    "\n"
    "Files are named <prompt>-<seed>.<format>; an existing file is never overwritten, the new one\n"
    "gets -2, -3 and so on. The same model, prompt, seed, steps and size give the same picture.";

void AddOutputFlags(CLI::App& command, GenerateOptions& options) {
  command.add_option("--output,-o", options.output, "Directory for the files, made when missing")
      ->capture_default_str();
  command.add_option("--format", options.format, "Encoding of the files")
      ->check(CLI::IsMember({"png", "jpeg", "jpg", "webp", "raw"}))
      ->capture_default_str();
  command.add_option("--quality", options.quality, "1 to 100, JPEG and WebP only; default: 90");
  command.add_option("--partial-images", options.partial_images,
                     "Unfinished images to save on the way, as <prompt>-<seed>-step<n>");
  AddPreviewFlag(command, options);
  command.add_flag("--json", options.json, "Print one JSON object and nothing else");
  command.add_flag("--quiet,-q", options.quiet, "Print the file names and nothing else");
}

void AddCallFlags(CLI::App& command, GenerateOptions& options) {
  AddConnectionFlags(command, options.connection);
  AddDurationFlag(command, "--deadline", options.deadline,
                  "Time for each prompt, 10s or 500ms, which the server plans with; 0: none; "
                  "default: 2m");
  command.add_flag("--best-effort", options.best_effort,
                   "At the deadline, take the best finished step instead of failing");
  command.add_option("--priority", options.priority, "batch runs when nothing interactive waits")
      ->check(CLI::IsMember({"interactive", "batch"}))
      ->capture_default_str();
  command
      .add_option("--request-id", options.request_id,
                  "Name of the request in the server's log; default: made by the server")
      ->check([](const std::string& text) {
        return IsRequestId(text) ? "" : "must be 1 to 128 visible ASCII characters";
      });
}

ExitCode Conclude(const GenerationReport& report, const GenerateOptions& options,
                  CommandContext& context) {
  if (!report.file_error.empty()) {
    context.err << "strobe-client: " << report.file_error << "\n";
    return kExitFailed;
  }
  if (!report.status.ok()) return ReportFailure(report.status, context);
  if (!options.json && !options.quiet) context.out << TimingTable(report) << std::flush;
  return kExitOk;
}

}  // namespace

CLI::App* AddGenerateCommand(CLI::App& app, GenerateOptions& options) {
  CLI::App* command = app.add_subcommand("generate", "Make pictures from prompts");
  command->add_option("prompt", options.prompts, "What the picture shows; several: one by one")
      ->required();
  AddPictureFlags(*command, options);
  AddOutputFlags(*command, options);
  AddCallFlags(*command, options);
  command->footer(std::string(kGenerateExamples) + "\n\n" + kExitCodesHelp);
  return command;
}

ExitCode RunGenerate(const GenerateOptions& options, CommandContext& context) {
  const bool previews = !options.json && !options.quiet;
  const PreviewStyle style = previews ? ResolvePreviewStyle(options.preview) : PreviewStyle::kNone;
  ExitCode exit_code = kExitOk;
  std::vector<GenerationReport> reports;
  for (const std::string& prompt : options.prompts) {
    reports.push_back(GenerationRun(options, style, TerminalColumns(), context).Run(prompt));
    exit_code = Conclude(reports.back(), options, context);
    if (exit_code != kExitOk) break;
  }
  if (options.json) context.out << ReportsAsJson(options.connection.address, reports) << std::flush;
  return exit_code;
}

}  // namespace strobe::client
