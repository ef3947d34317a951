#include "server/security/open_connections.h"

#include <sys/stat.h>

#include <algorithm>

namespace strobe::server {

ino_t OpenConnections::InodeOfDescriptor(int fd) {
  struct stat status = {};
  return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) ? status.st_ino : 0;
}

OpenConnections::Verdict OpenConnections::Admit(int fd, const std::string& address) {
  if (TotalReached() || AddressReached(address)) Sweep();
  if (TotalReached()) return Verdict::kTotalReached;
  if (AddressReached(address)) return Verdict::kAddressReached;
  connections_.push_back({fd, inode_of_(fd), address});
  ++of_address_[address];
  return Verdict::kAdmitted;
}

int OpenConnections::Sweep() {
  const auto closed = [this](const Connection& connection) {
    if (inode_of_(connection.fd) == connection.inode) return false;
    const auto count = of_address_.find(connection.address);
    if (--count->second == 0) of_address_.erase(count);
    return true;
  };
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(), closed),
                     connections_.end());
  return size();
}

std::vector<int> OpenConnections::OpenDescriptors() {
  Sweep();
  std::vector<int> descriptors;
  for (const Connection& connection : connections_) descriptors.push_back(connection.fd);
  return descriptors;
}

bool OpenConnections::AddressReached(const std::string& address) const {
  if (limits_.max_connections_per_address == 0) return false;
  const auto count = of_address_.find(address);
  return count != of_address_.end() && count->second >= limits_.max_connections_per_address;
}

}  // namespace strobe::server
