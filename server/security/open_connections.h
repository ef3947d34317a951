// Which connections are open, and whether one more may be.

#ifndef STROBE_SERVER_SECURITY_OPEN_CONNECTIONS_H_
#define STROBE_SERVER_SECURITY_OPEN_CONNECTIONS_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "server/security/security_options.h"

namespace strobe::server {

// Counts sockets that others close: gRPC takes a connection over and never says when it ends. A
// socket is known by its descriptor and its inode; when the descriptor is closed or means another
// inode, that connection is gone. Looking costs one system call a connection, so it is done when a
// limit seems reached, and by Sweep. Not thread-safe.
class OpenConnections {
 public:
  enum class Verdict { kAdmitted, kTotalReached, kAddressReached };

  // The inode of an open descriptor, 0 when it is closed.
  using InodeOf = std::function<ino_t(int fd)>;
  static ino_t InodeOfDescriptor(int fd);

  explicit OpenConnections(const ConnectionLimits& limits, InodeOf inode_of = InodeOfDescriptor)
      : limits_(limits), inode_of_(std::move(inode_of)) {}

  // Takes `fd` into the count when both limits allow it. `address` is the peer without its port.
  Verdict Admit(int fd, const std::string& address);

  // Forgets what is closed; returns how many connections are open.
  int Sweep();

  // Descriptors of what is still open. Whoever uses one races with the socket's owner, who may
  // close it at any moment.
  std::vector<int> OpenDescriptors();

  // Those that were open at the last look.
  int size() const { return static_cast<int>(connections_.size()); }

 private:
  struct Connection {
    int fd;
    ino_t inode;
    std::string address;
  };

  bool TotalReached() const {
    return limits_.max_connections > 0 && size() >= limits_.max_connections;
  }
  bool AddressReached(const std::string& address) const;

  const ConnectionLimits limits_;
  const InodeOf inode_of_;
  std::vector<Connection> connections_;
  std::map<std::string, int> of_address_;
};

}  // namespace strobe::server

#endif  // STROBE_SERVER_SECURITY_OPEN_CONNECTIONS_H_
