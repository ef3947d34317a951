// What `strobe-client live` shows.

#ifndef STROBE_CLIENT_COMMANDS_LIVE_VIEW_H_
#define STROBE_CLIENT_COMMANDS_LIVE_VIEW_H_

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "client/commands/command_context.h"
#include "client/terminal_probe.h"
#include "strobe/v1/image_generation.pb.h"

namespace strobe::client {

// Shows the newest picture and the text behind it. In place, the screen is drawn again for each
// change, the text that is being typed below the picture; else each picture and each error follows
// the one before, with a line that names its revision and text. Thread-safe.
class LiveView {
 public:
  struct Options {
    bool in_place = false;
    PreviewStyle style = PreviewStyle::kNone;
    int columns = 80;       // of the terminal
    std::string directory;  // final pictures are saved here; empty: not
  };

  LiveView(const Options& options, CommandContext& context)
      : options_(options), context_(context) {}

  // `text` was typed; `revision` says so to the server.
  void Typed(int64_t revision, const std::string& text) ABSL_LOCKS_EXCLUDED(mu_);

  // False when a picture cannot be saved, which `file_error` explains.
  bool Show(const v1::LiveImagesResponse& event) ABSL_LOCKS_EXCLUDED(mu_);

  // How the last revision that has ended did so.
  grpc::Status last_status() const ABSL_LOCKS_EXCLUDED(mu_);
  std::string file_error() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  bool ShowPicture(int64_t revision, const v1::GeneratedImage& image, bool partial)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Redraw() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  CommandContext& context_;
  mutable absl::Mutex mu_;
  std::map<int64_t, std::string> texts_ ABSL_GUARDED_BY(mu_);  // from the one shown last
  std::string picture_ ABSL_GUARDED_BY(mu_);                   // as drawn last
  std::string note_ ABSL_GUARDED_BY(mu_);
  grpc::Status last_status_ ABSL_GUARDED_BY(mu_);
  std::string file_error_ ABSL_GUARDED_BY(mu_);
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_LIVE_VIEW_H_
