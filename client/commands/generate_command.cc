#include "client/commands/generate_command.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "client/commands/command_failure.h"
#include "client/commands/common_flags.h"
#include "client/commands/generation_report.h"
#include "client/commands/generation_run.h"
#include "client/commands/preview.h"

namespace strobe::client {
namespace {

constexpr char kExamples[] =
    "Examples:\n"
    "  strobe-client generate \"a red circle on a blue background\"\n"
    "  strobe-client generate \"a green square\" --seed 7 --steps 3 --num-images 4 --output out\n"
    "  strobe-client generate \"a cat\" \"a dog\" --format jpeg --quality 85 --deadline 2s "
    "--best-effort\n"
    "  strobe-client generate \"a boat\" --json | jq -r '.requests[].images[].path'\n"
    "\n"
    "Files are named <prompt>-<seed>.<format>; an existing file is never overwritten, the new one\n"
    "gets -2, -3 and so on. The same model, prompt, seed, steps and size give the same picture.";

void AddPictureFlags(CLI::App& command, GenerateOptions& options) {
  command.add_option("--model", options.model, "Model to use; see `strobe-client models`");
  command.add_option("--negative-prompt", options.negative_prompt,
                     "What should not be in the picture (models with guidance)");
  command
      .add_option_function<std::string>(
          "--seed",
          [&options](const std::string& text) {
            uint64_t seed = 0;
            if (!absl::SimpleAtoi(text, &seed)) {
              throw CLI::ValidationError("--seed",
                                         "'" + text + "' is no number from 0 to 2^64 - 1");
            }
            options.seed = seed;
          },
          "Seed of the first image, image i has seed + i; default: drawn by the server")
      ->type_name("UINT");
  command.add_option("--steps", options.steps, "Denoising steps; default: the model's");
  command
      .add_option_function<std::string>(
          "--size",
          [&options](const std::string& text) {
            const auto size = ParseSize(text);
            if (!size.ok()) {
              throw CLI::ValidationError("--size", std::string(size.status().message()));
            }
            std::tie(options.width, options.height) = *size;
          },
          "Pixels, 128x96 or 128 for a square; default: the model's")
      ->type_name("WxH");
  command.add_option("--num-images", options.num_images, "Images for each prompt; default: 1");
  command.add_option("--guidance-scale", options.guidance_scale,
                     "Classifier-free guidance; default: the model's");
}

void AddOutputFlags(CLI::App& command, GenerateOptions& options) {
  command.add_option("--output,-o", options.output, "Directory for the files, made when missing")
      ->capture_default_str();
  command.add_option("--format", options.format, "Encoding of the files")
      ->check(OneOf({"png", "jpeg", "jpg", "webp", "raw"}))
      ->capture_default_str();
  command.add_option("--quality", options.quality, "1 to 100, JPEG and WebP only; default: 90");
  command.add_option("--partial-images", options.partial_images,
                     "Unfinished images to save on the way, as <prompt>-<seed>-step<n>");
  static const std::map<std::string, PreviewChoice> kPreviews = {{"auto", PreviewChoice::kAuto},
                                                                 {"never", PreviewChoice::kNever},
                                                                 {"blocks", PreviewChoice::kBlocks},
                                                                 {"kitty", PreviewChoice::kKitty},
                                                                 {"sixel", PreviewChoice::kSixel}};
  command
      .add_option_function<std::string>(
          "--preview",
          [&options](const std::string& text) { options.preview = kPreviews.at(text); },
          "Show the images in the terminal; auto: when standard output is one, the best it can do")
      ->check(OneOf({"auto", "never", "blocks", "kitty", "sixel"}))
      ->default_str("auto");
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
      ->check(OneOf({"interactive", "batch"}))
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
  command->footer(std::string(kExamples) + "\n\n" + kExitCodesHelp);
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
