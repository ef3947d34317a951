// Follows the events of one request: files, previews and the progress line.

#ifndef STROBE_CLIENT_COMMANDS_GENERATION_RUN_H_
#define STROBE_CLIENT_COMMANDS_GENERATION_RUN_H_

#include <string>

#include "client/commands/command_context.h"
#include "client/commands/generate_options.h"
#include "client/commands/generation_report.h"
#include "client/terminal_probe.h"

namespace strobe::client {

// Makes one call and saves every image as it comes. One use.
class GenerationRun {
 public:
  GenerationRun(const GenerateOptions& options, PreviewStyle preview, int columns,
                CommandContext& context);

  // Prints paths and previews unless options.json, and progress on a terminal. Errors are in the
  // report, not printed. The first file that cannot be written ends the call.
  GenerationReport Run(const std::string& prompt);

 private:
  // False when an image could not be saved.
  bool OnEvent(const v1::GenerateImagesResponse& event);
  bool OnImage(const v1::GeneratedImage& image, bool partial);
  void ShowProgress(const std::string& text);
  void ClearProgress();

  const GenerateOptions& options_;
  const PreviewStyle preview_;
  const int columns_;  // of the terminal
  CommandContext& context_;
  GenerationReport report_;
  bool progress_shown_ = false;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_GENERATION_RUN_H_
