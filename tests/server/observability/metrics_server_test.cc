#include "server/observability/metrics_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/observability/metric_builders.h"
#include "server/observability/process_collector.h"

namespace strobe::server {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a plain HTTP/1.0 GET of `path` answers; empty when nobody listens.
std::string Get(int port, const std::string& path) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\n\r\n");
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) answer.append(buffer, n);
  }
  close(fd);
  return answer;
}

TEST(MetricsServerTest, ServesTheMetricsOnAFreePort) {
  const auto registry = std::make_shared<prometheus::Registry>();
  AddCounter(*registry, "strobe_images_total", "Help.").Increment(3);
  const auto server =
      MetricsServer::Start("127.0.0.1:0", {registry, std::make_shared<ProcessCollector>()});
  ASSERT_TRUE(server.ok()) << server.status();
  ASSERT_GT((*server)->port(), 0);
  const std::string answer = Get((*server)->port(), "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1."));
  EXPECT_THAT(answer, HasSubstr("\nstrobe_images_total 3\n"));
  EXPECT_THAT(answer, HasSubstr("\nprocess_open_fds "));
}

TEST(MetricsServerTest, StopsListeningWhenDestroyed) {
  int port = 0;
  {
    const auto server = MetricsServer::Start("127.0.0.1:0", {});
    ASSERT_TRUE(server.ok()) << server.status();
    port = (*server)->port();
  }
  EXPECT_EQ(Get(port, "/metrics"), "");
}

TEST(MetricsServerTest, KeepsWhatItExportsAlive) {
  auto registry = std::make_shared<prometheus::Registry>();
  AddCounter(*registry, "strobe_images_total", "Help.");
  const auto server = MetricsServer::Start("127.0.0.1:0", {registry});
  ASSERT_TRUE(server.ok()) << server.status();
  registry.reset();
  EXPECT_THAT(Get((*server)->port(), "/metrics"), HasSubstr("strobe_images_total"));
}

TEST(MetricsServerTest, APortInUseIsUnavailableAndNamed) {
  const auto first = MetricsServer::Start("127.0.0.1:0", {});
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string address = absl::StrCat("127.0.0.1:", (*first)->port());
  const auto second = MetricsServer::Start(address, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(address));
}

TEST(MetricsServerTest, AMalformedAddressIsInvalidAndNamed) {
  for (const char* address : {"", "9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                              "127.0.0.1:65536", "127.0.0.1:-1", "::1:9464", "host.example:9464",
                              "127.0.0.1:80,127.0.0.1:81", "[::1:9464", "127.0.0.1:80s"}) {
    const auto server = MetricsServer::Start(address, {});
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(address));
  }
}

TEST(MetricsServerTest, AnAddressOfAnotherMachineIsUnavailable) {
  EXPECT_EQ(MetricsServer::Start("192.0.2.1:9464", {}).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace strobe::server
