// Listening sockets and the thread that accepts their connections.

#ifndef STROBE_SERVER_SECURITY_CONNECTION_GUARD_H_
#define STROBE_SERVER_SECURITY_CONNECTION_GUARD_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/security/open_connections.h"
#include "server/security/security_metrics.h"

namespace strobe::server {

// Accepts in gRPC's place:
//  1. gRPC closes a listening port for good when accept() fails: a process that once runs out of
//     file descriptors never answers again. Here connections wait in the kernel's queue until
//     descriptors are free.
//  2. Connections over a limit, of all peers or of one address, are reset at once and counted.
//  3. At the end, connections can be broken: gRPC closes none while a write is stuck in it, however
//     long its peer takes nothing.
// Start, StopAccepting and HangUp belong to one thread at a time.
class ConnectionGuard {
 public:
  // Takes over `fd`, a non-blocking connected socket that came in on `listener_fd`.
  using Handler = std::function<void(int listener_fd, int fd)>;

  // Binds every address that `address` ("host:port", "[ipv6]:port") stands for; port 0 takes a free
  // one. INVALID_ARGUMENT when the host is not known, UNAVAILABLE with the system's reason when the
  // port is taken or not allowed. The port is never shared with another process. `metrics` must
  // outlive the guard.
  static absl::StatusOr<std::unique_ptr<ConnectionGuard>> Listen(const std::string& address,
                                                                 const ConnectionLimits& limits,
                                                                 SecurityMetrics& metrics);

  // Stops accepting.
  ~ConnectionGuard();

  ConnectionGuard(const ConnectionGuard&) = delete;
  ConnectionGuard& operator=(const ConnectionGuard&) = delete;

  // Calls `handler` for every connection, from its own thread, until destruction. Once.
  void Start(Handler handler);

  // Closes the port. What was accepted stays.
  void StopAccepting();

  // After StopAccepting: ends the traffic of every connection that is still open, in both
  // directions. Its owner still has to close it.
  void HangUp();

  // The bound port.
  int port() const { return port_; }

 private:
  ConnectionGuard(const ConnectionLimits& limits, SecurityMetrics& metrics);

  absl::Status Bind(const std::string& host, const std::string& port);
  void Run();
  // Whether there are descriptors left.
  bool AcceptOne(int listener_fd);
  // Hands the connection on, or resets it.
  void Judge(int listener_fd, int fd, const std::string& address);
  void CountOpen();

  OpenConnections connections_;  // the thread's, until it has stopped
  int counted_ = 0;              // of this guard, in the gauge
  SecurityMetrics& metrics_;
  std::vector<int> listener_fds_;
  int port_ = 0;
  int stop_fd_ = -1;   // an eventfd: readable when the thread must leave
  int timer_fd_ = -1;  // a timerfd: readable when it is time to count
  Handler handler_;
  std::thread thread_;  // last: uses everything above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_CONNECTION_GUARD_H_
