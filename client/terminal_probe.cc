#include "client/terminal_probe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace strobe::client {
namespace {

constexpr char kDeviceAttributesQuery[] = "\x1b[c";
constexpr char kSixelAttribute[] = "4";
constexpr int kDefaultColumns = 80;
constexpr size_t kLongestReply = 256;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// Reads from `fd` until the final 'c' of the reply, or the timeout.
std::string ReadReply(int fd, absl::Duration timeout) {
  const absl::Time end = absl::Now() + timeout;
  std::string reply;
  while (reply.size() < kLongestReply && !absl::EndsWith(reply, "c")) {
    const int64_t left = absl::ToInt64Milliseconds(end - absl::Now());
    pollfd waiting{fd, POLLIN, 0};
    if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) break;
    char byte = 0;
    if (read(fd, &byte, 1) != 1) break;
    reply.push_back(byte);
  }
  return reply;
}

}  // namespace

TerminalFacts CurrentTerminalFacts() {
  TerminalFacts facts;
  facts.is_terminal = isatty(STDOUT_FILENO) == 1;
  facts.term = Environment("TERM");
  facts.kitty_window_id = Environment("KITTY_WINDOW_ID");
  facts.tmux = Environment("TMUX");
  facts.no_color = Environment("NO_COLOR");
  return facts;
}

PreviewStyle ChoosePreviewStyle(const TerminalFacts& facts,
                                const std::function<bool()>& announces_sixel) {
  if (!facts.is_terminal || facts.term == "dumb" || facts.term.empty() || !facts.no_color.empty()) {
    return PreviewStyle::kNone;
  }
  if (!facts.tmux.empty()) return PreviewStyle::kHalfBlocks;
  if (!facts.kitty_window_id.empty() || absl::StrContains(facts.term, "kitty") ||
      absl::StrContains(facts.term, "ghostty")) {
    return PreviewStyle::kKitty;
  }
  return announces_sixel() ? PreviewStyle::kSixel : PreviewStyle::kHalfBlocks;
}

bool ReplyAnnouncesSixel(absl::string_view reply) {
  const size_t start = reply.find("\x1b[?");
  if (start == absl::string_view::npos || !absl::EndsWith(reply, "c")) return false;
  const absl::string_view attributes = reply.substr(start + 3, reply.size() - start - 4);
  for (const absl::string_view attribute : absl::StrSplit(attributes, ';')) {
    if (attribute == kSixelAttribute) return true;
  }
  return false;
}

bool TerminalAnnouncesSixel(absl::Duration timeout) {
  const int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return false;
  termios before{};
  bool announces = false;
  // A background job that writes or sets the terminal would be stopped.
  if (tcgetpgrp(fd) == getpgrp() && tcgetattr(fd, &before) == 0) {
    termios raw = before;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    tcsetattr(fd, TCSANOW, &raw);
    const ssize_t length = sizeof(kDeviceAttributesQuery) - 1;
    if (write(fd, kDeviceAttributesQuery, static_cast<size_t>(length)) == length) {
      announces = ReplyAnnouncesSixel(ReadReply(fd, timeout));
    }
    tcsetattr(fd, TCSAFLUSH, &before);
  }
  close(fd);
  return announces;
}

int TerminalColumns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kDefaultColumns;
}

}  // namespace strobe::client
