#include "client/commands/prompt_source.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/commands/typed_text.h"

namespace strobe::client {
namespace {

constexpr int kLookAroundEveryMs = 100;

// What `fd` has, at least one byte; empty at its end, when it fails, and once `over`.
std::string ReadSome(int fd, const std::atomic<bool>& over) {
  while (!over) {
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, kLookAroundEveryMs) <= 0) continue;
    char bytes[4096];
    const ssize_t count = read(fd, bytes, sizeof(bytes));
    return count > 0 ? std::string(bytes, static_cast<size_t>(count)) : "";
  }
  return "";
}

bool IsBlank(const std::string& text) { return absl::StripAsciiWhitespace(text).empty(); }

class Lines final : public PromptSource {
 public:
  Lines(int fd, absl::Duration interval) : fd_(fd), interval_(interval) {}

  std::optional<std::string> Next(const std::atomic<bool>& over) override {
    std::optional<std::string> line = NextLine(over);
    while (line.has_value() && IsBlank(*line)) line = NextLine(over);
    if (line.has_value()) Wait(over);
    return over ? std::nullopt : line;
  }

 private:
  std::optional<std::string> NextLine(const std::atomic<bool>& over) {
    size_t end = 0;
    while ((end = read_.find('\n')) == std::string::npos) {
      const std::string more = ReadSome(fd_, over);
      if (more.empty()) break;
      read_ += more;
    }
    if (read_.empty()) return std::nullopt;
    const std::string line(absl::StripSuffix(read_.substr(0, end), "\r"));
    read_.erase(0, end == std::string::npos ? end : end + 1);
    return line;
  }

  // Until the interval since the last line is over.
  void Wait(const std::atomic<bool>& over) {
    while (!over && absl::Now() < due_) {
      absl::SleepFor(
          std::min<absl::Duration>(due_ - absl::Now(), absl::Milliseconds(kLookAroundEveryMs)));
    }
    due_ = absl::Now() + interval_;
  }

  const int fd_;
  const absl::Duration interval_;
  std::string read_;  // and not yet given out
  absl::Time due_ = absl::InfinitePast();
};

class Keystrokes final : public PromptSource {
 public:
  explicit Keystrokes(int fd) : fd_(fd) {
    if (tcgetattr(fd_, &before_) != 0) return;
    termios raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    changed_ = tcsetattr(fd_, TCSANOW, &raw) == 0;
  }
  ~Keystrokes() override {
    if (changed_) tcsetattr(fd_, TCSANOW, &before_);
  }

  std::optional<std::string> Next(const std::atomic<bool>& over) override {
    while (!typed_.done()) {
      const std::string keys = ReadSome(fd_, over);
      if (keys.empty()) return std::nullopt;
      if (typed_.Type(keys) && !IsBlank(typed_.text())) return typed_.text();
    }
    return std::nullopt;
  }

 private:
  const int fd_;
  termios before_ = {};
  bool changed_ = false;
  TypedText typed_;
};

}  // namespace

std::unique_ptr<PromptSource> LinesOf(int fd, absl::Duration interval) {
  return std::make_unique<Lines>(fd, interval);
}

std::unique_ptr<PromptSource> KeystrokesOf(int fd) { return std::make_unique<Keystrokes>(fd); }

}  // namespace strobe::client
