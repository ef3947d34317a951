#include "server/program/library_logs.h"

#include <string>

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>
#include <strobe/v1/image_generation.pb.h>

#include "server/observability/logging.h"

namespace strobe::server {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// What is written to stderr when a prompt that is not UTF-8 is parsed.
std::string StderrOfBadUtf8() {
  testing::internal::CaptureStderr();
  v1::GenerateImagesRequest request;
  EXPECT_FALSE(request.ParseFromString(std::string("\x12\x03") + "a\xc3\x28"));
  return testing::internal::GetCapturedStderr();
}

TEST(LibraryLogsTest, ProtobufIsSilentAboutBadRequestsAndNeverQuotesThem) {
  EXPECT_THAT(StderrOfBadUtf8(), HasSubstr("prompt"));  // what would be written without us
  CaptureLibraryLogs();
  ConfigureLogging({});
  EXPECT_EQ(StderrOfBadUtf8(), "");
  ConfigureLogging({LogLevel::kDebug, LogFormat::kJson});
  EXPECT_THAT(StderrOfBadUtf8(), AllOf(StartsWith("{"), HasSubstr("\"msg\":\"protobuf\""),
                                       HasSubstr("\"source\":"), Not(HasSubstr("prompt"))));
}

TEST(LibraryLogsTest, GrpcSpeaksThroughOurLog) {
  CaptureLibraryLogs();
  ConfigureLogging({});
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  testing::internal::CaptureStderr();
  gpr_log("some.cc", 7, GPR_LOG_SEVERITY_ERROR, "it is %s", "odd");
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              AllOf(HasSubstr("\"level\":\"warning\",\"msg\":\"grpc\""),
                    HasSubstr("\"detail\":\"it is odd\",\"source\":\"some.cc:7\"")));
}

}  // namespace
}  // namespace strobe::server
