#include "client/commands/typed_text.h"

namespace strobe::client {
namespace {

constexpr char kCtrlD = 0x04;
constexpr char kBackspace = 0x08;
constexpr char kCtrlU = 0x15;
constexpr char kEscape = 0x1b;
constexpr char kDelete = 0x7f;

bool IsControl(char byte) { return static_cast<unsigned char>(byte) < 0x20; }

bool ContinuesCharacter(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

}  // namespace

bool TypedText::Type(absl::string_view bytes) {
  const std::string before = text_;
  for (const char byte : bytes) TypeByte(byte);
  return text_ != before;
}

void TypedText::TypeByte(char byte) {
  if (done_) return;
  if (escape_ == Escape::kBegun) {
    escape_ = byte == '[' || byte == 'O' ? Escape::kSequence : Escape::kNone;
  } else if (escape_ == Escape::kSequence) {
    if (byte >= '@' && byte <= '~') escape_ = Escape::kNone;
  } else if (byte == kEscape) {
    escape_ = Escape::kBegun;
  } else if (byte == '\r' || byte == '\n' || byte == kCtrlD) {
    done_ = true;
  } else if (byte == kBackspace || byte == kDelete) {
    TakeBackOne();
  } else if (byte == kCtrlU) {
    text_.clear();
  } else if (!IsControl(byte)) {
    text_.push_back(byte);
  }
}

void TypedText::TakeBackOne() {
  while (!text_.empty() && ContinuesCharacter(text_.back())) text_.pop_back();
  if (!text_.empty()) text_.pop_back();
}

}  // namespace strobe::client
