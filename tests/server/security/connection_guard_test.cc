#include "server/security/connection_guard.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace strobe::server {
namespace {

using testing::HasSubstr;

// A guard on a free port that keeps what it accepts.
class ConnectionGuardTest : public testing::Test {
 protected:
  ~ConnectionGuardTest() override {
    guard_.reset();
    for (const int fd : clients_) close(fd);
    absl::MutexLock lock(&mu_);
    for (const int fd : accepted_) close(fd);
  }

  void Start(const ConnectionLimits& limits) {
    auto guard = ConnectionGuard::Listen("127.0.0.1:0", limits, metrics_);
    ASSERT_TRUE(guard.ok()) << guard.status();
    guard_ = *std::move(guard);
    guard_->Start([this](int, int fd) {
      absl::MutexLock lock(&mu_);
      accepted_.push_back(fd);
    });
  }

  int Connect() {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(guard_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    clients_.push_back(fd);
    return fd;
  }

  void AwaitAccepted(size_t count) {
    absl::MutexLock lock(&mu_);
    const auto reached = [this, count]()
                             ABSL_SHARED_LOCKS_REQUIRED(mu_) { return accepted_.size() >= count; };
    mu_.Await(absl::Condition(&reached));
  }

  // Closes the server's end of the `index`th accepted connection.
  void CloseAccepted(size_t index) {
    absl::MutexLock lock(&mu_);
    close(accepted_[index]);
    accepted_.erase(accepted_.begin() + index);
  }

  static bool IsReset(int fd) {
    char byte;
    return recv(fd, &byte, 1, 0) < 0 && errno == ECONNRESET;
  }

  prometheus::Registry registry_;
  SecurityMetrics metrics_{registry_};
  std::unique_ptr<ConnectionGuard> guard_;

 private:
  std::vector<int> clients_;
  absl::Mutex mu_;
  std::vector<int> accepted_ ABSL_GUARDED_BY(mu_);
};

TEST_F(ConnectionGuardTest, HandsConnectionsOn) {
  Start({});
  for (int i = 0; i < 5; ++i) Connect();
  AwaitAccepted(5);
  EXPECT_EQ(metrics_.refused_for_limit.Value(), 0);
}

TEST_F(ConnectionGuardTest, ResetsAndCountsWhatIsOverALimitAndServesAgainWhenThereIsRoom) {
  Start({.max_connections = 2});
  Connect();
  Connect();
  AwaitAccepted(2);
  EXPECT_TRUE(IsReset(Connect()));
  EXPECT_EQ(metrics_.refused_for_limit.Value(), 1);
  CloseAccepted(0);
  Connect();
  AwaitAccepted(2);
  EXPECT_EQ(metrics_.refused_for_limit.Value(), 1);
}

TEST_F(ConnectionGuardTest, CountsTheLimitOfAnAddressApart) {
  Start({.max_connections = 10, .max_connections_per_address = 1});
  Connect();
  AwaitAccepted(1);
  EXPECT_TRUE(IsReset(Connect()));
  EXPECT_EQ(metrics_.refused_for_address.Value(), 1);
  EXPECT_EQ(metrics_.refused_for_limit.Value(), 0);
}

TEST_F(ConnectionGuardTest, HangsUpOnWhatIsStillOpen) {
  Start({});
  const int gone = Connect();
  const int open = Connect();
  AwaitAccepted(2);
  CloseAccepted(0);
  guard_->StopAccepting();
  char byte;
  EXPECT_EQ(recv(gone, &byte, 1, 0), 0);
  EXPECT_EQ(recv(open, &byte, 1, MSG_DONTWAIT), -1);
  guard_->HangUp();
  EXPECT_EQ(recv(open, &byte, 1, 0), 0);
}

TEST_F(ConnectionGuardTest, NamesAnAddressThatCannotBeListenedOn) {
  Start({});
  const std::string taken = absl::StrCat("127.0.0.1:", guard_->port());
  const auto second = ConnectionGuard::Listen(taken, {}, metrics_);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(taken));
  EXPECT_EQ(ConnectionGuard::Listen("no-port", {}, metrics_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace strobe::server
