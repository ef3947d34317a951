#include "server/security/open_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace strobe::server {
namespace {

using Verdict = OpenConnections::Verdict;

class OpenConnectionsTest : public testing::Test {
 protected:
  OpenConnections Make(const ConnectionLimits& limits) {
    return OpenConnections(limits, [this](int fd) { return inodes_[fd]; });
  }

  void Open(int fd) { inodes_[fd] = ++last_inode_; }
  void Close(int fd) { inodes_[fd] = 0; }

 private:
  std::map<int, ino_t> inodes_;
  ino_t last_inode_ = 100;
};

TEST_F(OpenConnectionsTest, WithoutLimitsEverybodyIsAdmitted) {
  OpenConnections connections = Make({});
  for (int fd = 3; fd < 103; ++fd) {
    Open(fd);
    EXPECT_EQ(connections.Admit(fd, "10.0.0.1"), Verdict::kAdmitted);
  }
  EXPECT_EQ(connections.Sweep(), 100);
}

TEST_F(OpenConnectionsTest, TheTotalLimitHoldsUntilOneIsClosed) {
  OpenConnections connections = Make({.max_connections = 2});
  for (const int fd : {3, 4, 5, 6}) Open(fd);
  EXPECT_EQ(connections.Admit(3, "a"), Verdict::kAdmitted);
  EXPECT_EQ(connections.Admit(4, "b"), Verdict::kAdmitted);
  EXPECT_EQ(connections.Admit(5, "c"), Verdict::kTotalReached);
  Close(3);
  EXPECT_EQ(connections.Admit(5, "c"), Verdict::kAdmitted);
  EXPECT_EQ(connections.Admit(6, "c"), Verdict::kTotalReached);
}

TEST_F(OpenConnectionsTest, OneAddressCannotTakeThePlacesOfOthers) {
  OpenConnections connections = Make({.max_connections = 10, .max_connections_per_address = 2});
  for (const int fd : {3, 4, 5, 6}) Open(fd);
  EXPECT_EQ(connections.Admit(3, "flood"), Verdict::kAdmitted);
  EXPECT_EQ(connections.Admit(4, "flood"), Verdict::kAdmitted);
  EXPECT_EQ(connections.Admit(5, "flood"), Verdict::kAddressReached);
  EXPECT_EQ(connections.Admit(6, "quiet"), Verdict::kAdmitted);
  Close(4);
  EXPECT_EQ(connections.Admit(5, "flood"), Verdict::kAdmitted);
}

TEST_F(OpenConnectionsTest, AReusedDescriptorIsAnotherConnection) {
  OpenConnections connections = Make({.max_connections = 1});
  Open(3);
  EXPECT_EQ(connections.Admit(3, "a"), Verdict::kAdmitted);
  Close(3);
  Open(3);  // the same number, another socket
  EXPECT_EQ(connections.Admit(3, "b"), Verdict::kAdmitted);
  EXPECT_EQ(connections.Sweep(), 1);
}

TEST_F(OpenConnectionsTest, NamesOnlyDescriptorsThatAreStillItsOwn) {
  OpenConnections connections = Make({});
  for (const int fd : {3, 4, 5}) {
    Open(fd);
    connections.Admit(fd, "a");
  }
  Close(3);
  Open(4);  // another socket
  EXPECT_EQ(connections.OpenDescriptors(), std::vector<int>{5});
}

TEST(OpenConnectionsInodeTest, KnowsOpenSocketsFromClosedOnesAndFiles) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const ino_t inode = OpenConnections::InodeOfDescriptor(fd);
  EXPECT_NE(inode, 0u);
  EXPECT_EQ(OpenConnections::InodeOfDescriptor(fd), inode);
  close(fd);
  EXPECT_NE(OpenConnections::InodeOfDescriptor(fd), inode);
}

}  // namespace
}  // namespace strobe::server
