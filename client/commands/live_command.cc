#include "client/commands/live_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <thread>

#include "client/commands/command_failure.h"
#include "client/commands/common_flags.h"
#include "client/commands/live_view.h"
#include "client/commands/picture_flags.h"
#include "client/commands/preview.h"

namespace strobe::client {
namespace {

constexpr char kLiveExamples[] =
    "Examples:\n"
    "  strobe-client live                              type, and watch the picture change\n"
    "  strobe-client live --from-file drafts.txt --interval 100ms --output out\n"
    "  printf 'a red\\na red circle\\n' | strobe-client live --preview blocks\n"
    "\n"
    "Each keystroke, or each line where standard input is no terminal, is a revision; a newer one\n"
    "supersedes the older at once, and the last one is always answered. Enter or Ctrl-D ends the\n"
    "session. One seed serves the whole session, so that the picture changes with the text alone.";

class File {
 public:
  explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

uint64_t RandomSeed() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

// Sends prompts until there are no more, or the call is over.
void SendAll(const LiveOptions& options, PromptSource& source, const std::atomic<bool>& over,
             LiveStream& stream, LiveView& view) {
  GenerateOptions request = options.request;
  if (!request.seed.has_value()) request.seed = RandomSeed();
  int64_t next = 1;
  while (const std::optional<std::string> prompt = source.Next(over)) {
    view.Typed(next++, *prompt);
    if (stream.Send(MakeRequest(request, *prompt), options.time_limit) == 0) break;
  }
  stream.HalfClose();
}

}  // namespace

CLI::App* AddLiveCommand(CLI::App& app, LiveOptions& options) {
  CLI::App* command = app.add_subcommand("live", "Watch the picture while you type the prompt");
  command->add_option(
      "--from-file", options.from_file,
      "Take each line of this file as what was typed next; default: standard input");
  AddDurationFlag(*command, "--interval", options.interval, "Time between two lines; default: 0");
  AddPictureFlags(*command, options.request);
  command->add_option("--partial-images", options.request.partial_images,
                      "Unfinished images to show on the way");
  command->add_option("--output,-o", options.request.output,
                      "Directory for the final pictures; default: they are only shown");
  AddPreviewFlag(*command, options.request);
  AddConnectionFlags(*command, options.request.connection);
  AddDurationFlag(*command, "--time-limit", options.time_limit,
                  "Time for each revision, which the server plans with; default: none");
  AddDurationFlag(*command, "--deadline", options.request.deadline,
                  "Time for the whole session; default: 0, none");
  command->footer(std::string(kLiveExamples) + "\n\n" + kExitCodesHelp);
  return command;
}

ExitCode RunLive(const LiveOptions& options, CommandContext& context) {
  if (!options.from_file.empty()) {
    const File file(options.from_file);
    if (file.fd() < 0) {
      context.err << "strobe-client: cannot read " << options.from_file << ": "
                  << std::strerror(errno) << "\n";
      return kExitUsage;
    }
    return RunLive(options, *LinesOf(file.fd(), options.interval), /*in_place=*/false, context);
  }
  if (isatty(STDIN_FILENO) == 1 && CurrentTerminalFacts().is_terminal) {
    return RunLive(options, *KeystrokesOf(STDIN_FILENO), /*in_place=*/true, context);
  }
  return RunLive(options, *LinesOf(STDIN_FILENO, options.interval), /*in_place=*/false, context);
}

ExitCode RunLive(const LiveOptions& options, PromptSource& source, bool in_place,
                 CommandContext& context) {
  LiveView view({in_place, ResolvePreviewStyle(options.request.preview), TerminalColumns(),
                 options.request.output},
                context);
  CallOptions call;
  if (options.request.deadline > absl::ZeroDuration()) call.deadline = options.request.deadline;
  call.canceller = &context.canceller;
  const std::unique_ptr<LiveStream> stream = context.client.LiveImages(call);

  std::atomic<bool> over = false;
  std::thread sender([&] { SendAll(options, source, over, *stream, view); });
  v1::LiveImagesResponse event;
  while (stream->Read(&event) && view.Show(event)) {
  }
  over = true;
  if (!view.file_error().empty()) stream->Cancel();  // which also ends a Send that waits
  sender.join();
  if (in_place) context.out << "\n";
  if (!view.file_error().empty()) {
    context.err << "strobe-client: " << view.file_error() << "\n";
    return kExitFailed;
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return ReportFailure(status, context);
  return ExitCodeFor(view.last_status().error_code());
}

}  // namespace strobe::client
