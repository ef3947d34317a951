// Subcommands against a fake server, with their output captured.

#ifndef STROBE_TESTS_CLIENT_COMMANDS_COMMANDS_TEST_BASE_H_
#define STROBE_TESTS_CLIENT_COMMANDS_COMMANDS_TEST_BASE_H_

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>

#include "client/commands/command_context.h"
#include "gtest/gtest.h"
#include "tests/client/fake_image_service.h"

namespace strobe::client {

class CommandsTest : public ::testing::Test {
 protected:
  CommandsTest()
      : directory_((std::filesystem::path(::testing::TempDir()) /
                    ::testing::UnitTest::GetInstance()->current_test_info()->name())
                       .string()) {
    std::filesystem::remove_all(directory_);
  }
  ~CommandsTest() override { std::filesystem::remove_all(directory_); }

  FakeImageService service_;
  FakeServer server_{service_};
  std::unique_ptr<StrobeClient> client_ = StrobeClient::Connect(server_.address);
  Canceller canceller_;
  std::ostringstream out_;
  std::ostringstream err_;
  CommandContext context_{*client_, canceller_, out_, err_, false};
  const std::string directory_;
};

}  // namespace strobe::client

#endif  // STROBE_TESTS_CLIENT_COMMANDS_COMMANDS_TEST_BASE_H_
