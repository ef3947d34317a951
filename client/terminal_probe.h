// Finds out what the terminal can show.

#ifndef STROBE_CLIENT_TERMINAL_PROBE_H_
#define STROBE_CLIENT_TERMINAL_PROBE_H_

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace strobe::client {

enum class PreviewStyle { kNone, kHalfBlocks, kKitty, kSixel };

// What the choice depends on. A variable that is not set is empty.
struct TerminalFacts {
  bool is_terminal = false;
  std::string term;             // TERM
  std::string kitty_window_id;  // KITTY_WINDOW_ID
  std::string tmux;             // TMUX
  std::string no_color;         // NO_COLOR
};

// The facts about standard output, from the environment.
TerminalFacts CurrentTerminalFacts();

// No preview off a terminal, on a dumb one and with NO_COLOR; kitty's protocol where the terminal
// is known to have it; sixel where `announces_sixel`, asked last, says so; else half blocks. Inside
// tmux, which passes neither protocol on, always half blocks.
PreviewStyle ChoosePreviewStyle(const TerminalFacts& facts,
                                const std::function<bool()>& announces_sixel);

// Whether a reply to Primary Device Attributes, "ESC [ ? 62 ; 4 ; 22 c", lists 4: sixel graphics.
bool ReplyAnnouncesSixel(absl::string_view reply);

// Asks the controlling terminal for its Primary Device Attributes and waits at most `timeout` for
// the reply; false without one. Input typed meanwhile is lost.
bool TerminalAnnouncesSixel(absl::Duration timeout);

// Width of standard output's terminal in characters; 80 when unknown.
int TerminalColumns();

}  // namespace strobe::client

#endif  // STROBE_CLIENT_TERMINAL_PROBE_H_
