#include "server/observability/http_text_port.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace strobe::server {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A connection to a port of the loopback address.
class Peer {
 public:
  explicit Peer(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Peer() { Close(); }
  Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}

  bool connected() const { return connected_; }
  bool has_answer() const {
    pollfd waiting = {fd_, POLLIN, 0};
    return poll(&waiting, 1, 0) > 0;
  }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void Send(const std::string& bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // All that arrives before the other side closes.
  std::string Rest() {
    std::string answer;
    char buffer[4096];
    for (ssize_t n; (n = read(fd_, buffer, sizeof(buffer))) > 0;) answer.append(buffer, n);
    return answer;
  }

 private:
  int fd_;
  bool connected_ = false;
};

HttpTextPort::Options TestOptions() {
  HttpTextPort::Options options;
  options.path = "/metrics";
  options.content_type = "text/plain; version=0.0.4";
  options.request_timeout = absl::Hours(1);  // nothing here is about who is faster
  options.answer_timeout = absl::Hours(1);
  return options;
}

std::unique_ptr<HttpTextPort> Open(
    const HttpTextPort::Options& options,
    std::function<std::string()> text = [] { return "the text"; }) {
  auto port = HttpTextPort::Start("127.0.0.1", 0, options, std::move(text));
  EXPECT_TRUE(port.ok()) << port.status();
  return *std::move(port);
}

std::string Ask(const HttpTextPort& port, const std::string& request) {
  Peer peer(port.port());
  peer.Send(request);
  return peer.Rest();
}

TEST(HttpTextPortTest, AnswersAGetWithTheTextOfThatMoment) {
  int calls = 0;
  const auto port = Open(TestOptions(), [&calls] { return absl::StrCat("call ", ++calls); });
  const std::string first = Ask(*port, "GET /metrics HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_THAT(first, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(first, HasSubstr("Content-Type: text/plain; version=0.0.4\r\n"));
  EXPECT_THAT(first, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(first, EndsWith("\r\n\r\ncall 1"));
  EXPECT_THAT(Ask(*port, "GET /metrics?now HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\ncall 2"));
}

TEST(HttpTextPortTest, AnswersAHeadWithoutTheText) {
  const std::string answer = Ask(*Open(TestOptions()), "HEAD /metrics HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpTextPortTest, RefusesOtherPathsOtherMethodsAndWhatIsNoHttp) {
  const auto port = Open(TestOptions());
  EXPECT_THAT(Ask(*port, "GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(*port, "GET /metrics/../etc HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask(*port, "DELETE /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Ask(*port, "PRI * HTTP/2.0\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpTextPortTest, AnEndlessHeaderIsRefusedAtTheLimit) {
  HttpTextPort::Options options = TestOptions();
  options.max_header_bytes = 1024;
  const auto port = Open(options);
  const std::string answer =
      Ask(*port, absl::StrCat("GET /metrics HTTP/1.1\r\nX: ", std::string(1100, 'x')));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 "));
}

TEST(HttpTextPortTest, ASilentPeerIsDropped) {
  HttpTextPort::Options options = TestOptions();
  options.request_timeout = absl::Milliseconds(10);
  const auto port = Open(options);
  EXPECT_EQ(Peer(port->port()).Rest(), "");
  EXPECT_EQ(Ask(*port, "GET /metrics HTTP/1.1\r\nHost: he"), "");
}

TEST(HttpTextPortTest, APeerThatDoesNotReadIsDropped) {
  HttpTextPort::Options options = TestOptions();
  options.answer_timeout = absl::Milliseconds(10);
  options.max_connections = 1;
  constexpr size_t kMoreThanSocketsHold = size_t{64} << 20;
  const auto port = Open(options, [] { return std::string(kMoreThanSocketsHold, 'x'); });
  Peer deaf(port->port());
  deaf.Send("GET /metrics HTTP/1.1\r\n\r\n");
  EXPECT_THAT(Ask(*port, "GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_LT(deaf.Rest().size(), kMoreThanSocketsHold);
}

TEST(HttpTextPortTest, APeerBeyondTheLimitWaitsUntilAnotherLeaves) {
  HttpTextPort::Options options = TestOptions();
  options.max_connections = 2;
  const auto port = Open(options);
  std::vector<Peer> silent;
  for (int i = 0; i < options.max_connections; ++i) silent.emplace_back(port->port());
  Peer waiting(port->port());
  ASSERT_TRUE(waiting.connected());
  waiting.Send("GET /metrics HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(waiting.has_answer());
  silent.front().Close();
  EXPECT_THAT(waiting.Rest(), EndsWith("the text"));
}

TEST(HttpTextPortTest, ClosesItsConnectionsWhenDestroyed) {
  auto port = Open(TestOptions());
  const int number = port->port();
  Peer peer(number);
  EXPECT_TRUE(peer.connected());
  port.reset();
  EXPECT_EQ(peer.Rest(), "");
  EXPECT_FALSE(Peer(number).connected());
}

TEST(HttpTextPortTest, AHostThatIsNoAddressIsInvalidAndAPortInUseIsUnavailable) {
  const auto port = Open(TestOptions());
  const auto start = [](const char* host, int number) {
    return HttpTextPort::Start(host, static_cast<uint16_t>(number), TestOptions(),
                               [] { return ""; })
        .status()
        .code();
  };
  EXPECT_EQ(start("localhost", 0), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(start("127.0.0.1", port->port()), absl::StatusCode::kUnavailable);
  EXPECT_EQ(start("192.0.2.1", 0), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace strobe::server
