// Where the prompts of `strobe-client live` come from.

#ifndef STROBE_CLIENT_COMMANDS_PROMPT_SOURCE_H_
#define STROBE_CLIENT_COMMANDS_PROMPT_SOURCE_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"

namespace strobe::client {

// Prompts, one after the other, each in place of the one before. Used by one thread.
class PromptSource {
 public:
  virtual ~PromptSource() = default;
  // Blocks for the next one, which is not blank; nothing when there are no more, or soon after
  // `over` is set.
  virtual std::optional<std::string> Next(const std::atomic<bool>& over) = 0;
};

// The lines of `fd`, which stays the caller's, `interval` apart at least.
std::unique_ptr<PromptSource> LinesOf(int fd, absl::Duration interval);

// What is typed into the terminal `fd`, after each keystroke, until Enter or Ctrl-D. The terminal
// passes keys on at once and does not show them while the source lives.
std::unique_ptr<PromptSource> KeystrokesOf(int fd);

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_PROMPT_SOURCE_H_
