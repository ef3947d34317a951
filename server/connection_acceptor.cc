#include "server/connection_acceptor.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/observability/logging.h"

namespace strobe::server {
namespace {

constexpr int kRetryMs = 100;  // when there are no descriptors
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

ConnectionAcceptor::ConnectionAcceptor() : stop_fd_(eventfd(0, EFD_CLOEXEC)) {}

ConnectionAcceptor::~ConnectionAcceptor() {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_fd_, &one, sizeof(one));
  if (thread_.joinable()) thread_.join();
  for (const int fd : listener_fds_) close(fd);
  close(stop_fd_);
}

absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> ConnectionAcceptor::Listen(
    const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat("'", address, "' is not host:port"));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  std::unique_ptr<ConnectionAcceptor> acceptor(new ConnectionAcceptor());
  const absl::Status status = acceptor->Bind(host, address.substr(colon + 1));
  if (!status.ok()) {
    return absl::Status(status.code(),
                        absl::StrCat("cannot listen on ", address, ": ", status.message()));
  }
  return acceptor;
}

absl::Status ConnectionAcceptor::Bind(const std::string& host, const std::string& port) {
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

void ConnectionAcceptor::Start(Handler handler) {
  handler_ = std::move(handler);
  thread_ = std::thread([this] { Run(); });
}

void ConnectionAcceptor::Run() {
  std::vector<pollfd> fds = {{stop_fd_, POLLIN, 0}};
  for (const int fd : listener_fds_) fds.push_back({fd, POLLIN, 0});
  bool starved = false;
  while (true) {
    // While starved, only the end is waited for: a connection that waits would wake it at once.
    const int ready = starved ? poll(fds.data(), 1, kRetryMs) : poll(fds.data(), fds.size(), -1);
    if (ready < 0) continue;  // interrupted
    if (fds[0].revents != 0) return;
    bool enough = true;
    for (size_t i = 1; i < fds.size() && enough; ++i) {
      if (starved || fds[i].revents != 0) enough = AcceptOne(fds[i].fd);
    }
    if (!enough && !starved) {
      Log(LogLevel::kWarning, "no file descriptor for a new connection; it has to wait");
    }
    starved = !enough;
  }
}

bool ConnectionAcceptor::AcceptOne(int listener_fd) {
  const int fd = accept4(listener_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    handler_(listener_fd, fd);
    return true;
  }
  return errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
}

}  // namespace strobe::server
