// The text that a terminal's keystrokes make.

#ifndef STROBE_CLIENT_COMMANDS_TYPED_TEXT_H_
#define STROBE_CLIENT_COMMANDS_TYPED_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace strobe::client {

// One line that is being typed. Backspace takes back a character, Ctrl-U all, Enter and Ctrl-D end
// it; arrow keys and other escape sequences are ignored.
class TypedText {
 public:
  // Takes bytes in the order in which they come. True when the text has changed.
  bool Type(absl::string_view bytes);

  const std::string& text() const { return text_; }
  bool done() const { return done_; }

 private:
  enum class Escape { kNone, kBegun, kSequence };

  void TypeByte(char byte);
  void TakeBackOne();

  std::string text_;
  Escape escape_ = Escape::kNone;
  bool done_ = false;
};

}  // namespace strobe::client

#endif  // STROBE_CLIENT_COMMANDS_TYPED_TEXT_H_
