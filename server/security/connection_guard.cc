#include "server/security/connection_guard.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "server/observability/logging.h"

namespace strobe::server {
namespace {

constexpr int kRetryMs = 100;  // when there are no descriptors
constexpr int kCountSeconds = 1;
// Data that a peer does not acknowledge for this long ends its connection.
constexpr int kUserTimeoutMs = 20 * 1000;

void Switch(int fd, int level, int option, int value) {
  setsockopt(fd, level, option, &value, sizeof(value));
}

void SetPort(sockaddr* address, int port) {
  if (address->sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(address)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(address)->sin_port = htons(port);
  }
}

int BoundPort(int fd) {
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

// The peer without its port.
std::string AddressOf(const sockaddr_storage& peer) {
  char text[INET6_ADDRSTRLEN] = {};
  if (peer.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, text, sizeof(text));
  } else {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, text, sizeof(text));
  }
  return text;
}

// Closes without the time that a closed connection else lingers.
void Reset(int fd) {
  const linger now = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close(fd);
}

// A listening socket; -1 with errno when there is none.
int ListenOn(const addrinfo& info) {
  const int fd = socket(info.ai_family, info.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  Switch(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // Connections inherit these.
  Switch(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  Switch(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
  if (bind(fd, info.ai_addr, info.ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

}  // namespace

ConnectionGuard::ConnectionGuard(const ConnectionLimits& limits, SecurityMetrics& metrics)
    : connections_(limits),
      metrics_(metrics),
      stop_fd_(eventfd(0, EFD_CLOEXEC)),
      timer_fd_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  const itimerspec every = {{kCountSeconds, 0}, {kCountSeconds, 0}};
  timerfd_settime(timer_fd_, 0, &every, nullptr);
}

ConnectionGuard::~ConnectionGuard() {
  StopAccepting();
  close(stop_fd_);
  close(timer_fd_);
}

void ConnectionGuard::StopAccepting() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
  for (const int fd : listener_fds_) close(fd);
  listener_fds_.clear();
  metrics_.open_connections.Decrement(std::exchange(counted_, 0));
}

void ConnectionGuard::HangUp() {
  for (const int fd : connections_.OpenDescriptors()) shutdown(fd, SHUT_RDWR);
}

absl::StatusOr<std::unique_ptr<ConnectionGuard>> ConnectionGuard::Listen(
    const std::string& address, const ConnectionLimits& limits, SecurityMetrics& metrics) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("'", address, "' is not host:port"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  std::unique_ptr<ConnectionGuard> guard(new ConnectionGuard(limits, metrics));
  const absl::Status status = guard->Bind(host, address.substr(colon + 1));
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("cannot listen on ", address, ": ", status.message()));
  }
  return guard;
}

absl::Status ConnectionGuard::Bind(const std::string& host, const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return absl::InvalidArgumentError(gai_strerror(error));
  const absl::Cleanup free_found = [found] { freeaddrinfo(found); };
  int reason = 0;
  for (addrinfo* info = found; info != nullptr; info = info->ai_next) {
    if (port_ != 0) SetPort(info->ai_addr, port_);
    const int fd = ListenOn(*info);
    if (fd >= 0) {
      listener_fds_.push_back(fd);
      port_ = BoundPort(fd);
    } else if (reason = errno; reason == EADDRINUSE) {
      return absl::UnavailableError(strerror(reason));
    }
  }
  // A name may stand for an address family that this machine does not have.
  return listener_fds_.empty() ? absl::UnavailableError(strerror(reason)) : absl::OkStatus();
}

void ConnectionGuard::Start(Handler handler) {
  handler_ = std::move(handler);
  thread_ = std::thread([this] { Run(); });
}

void ConnectionGuard::Run() {
  std::vector<pollfd> fds = {{stop_fd_, POLLIN, 0}, {timer_fd_, POLLIN, 0}};
  for (const int fd : listener_fds_) fds.push_back({fd, POLLIN, 0});
  bool starved = false;
  while (true) {
    // While starved, the listeners are not looked at: a connection that waits would wake it at
    // once.
    const int ready = starved ? poll(fds.data(), 2, kRetryMs) : poll(fds.data(), fds.size(), -1);
    if (ready < 0) continue;  // interrupted
    if (fds[0].revents != 0) return;
    if (fds[1].revents != 0) CountOpen();
    bool enough = true;
    for (size_t i = 2; i < fds.size() && enough; ++i) {
      if (starved || fds[i].revents != 0) enough = AcceptOne(fds[i].fd);
    }
    if (!enough && !starved) {
      Log(LogLevel::kWarning, "no file descriptor for a new connection; it has to wait");
    }
    starved = !enough;
  }
}

bool ConnectionGuard::AcceptOne(int listener_fd) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  const int fd =
      accept4(listener_fd, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    Judge(listener_fd, fd, AddressOf(peer));
    return true;
  }
  return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
}

void ConnectionGuard::Judge(int listener_fd, int fd, const std::string& address) {
  switch (connections_.Admit(fd, address)) {
    case OpenConnections::Verdict::kAdmitted:
      handler_(listener_fd, fd);
      return;
    case OpenConnections::Verdict::kTotalReached:
      metrics_.refused_for_limit.Increment();
      break;
    case OpenConnections::Verdict::kAddressReached:
      metrics_.refused_for_address.Increment();
      break;
  }
  Reset(fd);
}

void ConnectionGuard::CountOpen() {
  uint64_t ticks = 0;
  [[maybe_unused]] const ssize_t got = read(timer_fd_, &ticks, sizeof(ticks));
  const int open = connections_.Sweep();
  metrics_.open_connections.Increment(open - counted_);
  counted_ = open;
}

}  // namespace strobe::server
