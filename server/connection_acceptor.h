// Listening sockets and the thread that accepts their connections.

#ifndef STROBE_SERVER_CONNECTION_ACCEPTOR_H_
#define STROBE_SERVER_CONNECTION_ACCEPTOR_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace strobe::server {

// Accepts in gRPC's place: gRPC closes a listening port for ever when accept() fails, so that a
// process which once ran out of file descriptors would never answer again. Here connections then
// wait in the kernel's queue until descriptors are free. One at a time calls Start; the rest is
// its own thread's.
class ConnectionAcceptor {
 public:
  // Takes over `fd`, a non-blocking connected socket that came in on `listener_fd`.
  using Handler = std::function<void(int listener_fd, int fd)>;

  // Binds every address that `address` ("host:port", "[ipv6]:port") stands for; port 0 takes a free
  // one. INVALID_ARGUMENT when the host is not known, UNAVAILABLE with the system's reason when the
  // port is taken or not allowed. The port is never shared with another process.
  static absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> Listen(const std::string& address);

  // Stops accepting and closes the port.
  ~ConnectionAcceptor();

  ConnectionAcceptor(const ConnectionAcceptor&) = delete;
  ConnectionAcceptor& operator=(const ConnectionAcceptor&) = delete;

  // Calls `handler` for every connection, from its own thread, until destruction. Once.
  void Start(Handler handler);

  // The bound port.
  int port() const { return port_; }

 private:
  ConnectionAcceptor();

  absl::Status Bind(const std::string& host, const std::string& port);
  void Run();
  // Whether there are descriptors left.
  bool AcceptOne(int listener_fd);

  std::vector<int> listener_fds_;
  int port_ = 0;
  int stop_fd_ = -1;  // an eventfd: readable when the thread must leave
  Handler handler_;
  std::thread thread_;  // last: uses everything above
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_CONNECTION_ACCEPTOR_H_
