#include "server/rpc/status_details.h"

#include <string>

#include <gmock/gmock.h>
#include <google/rpc/error_details.pb.h>
#include <google/rpc/status.pb.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

template <typename Detail>
bool Unpack(const grpc::Status& status, Detail* detail) {
  google::rpc::Status rpc_status;
  if (!rpc_status.ParseFromString(status.error_details())) return false;
  for (const auto& any : rpc_status.details()) {
    if (any.UnpackTo(detail)) return true;
  }
  return false;
}

TEST(StatusDetailsTest, OkHasNoDetails) {
  const grpc::Status status = ToGrpcStatus(absl::OkStatus(), "id");
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.error_details(), "");
}

TEST(StatusDetailsTest, CarriesReasonNumbersRetryAndRequestId) {
  ErrorDetails details;
  details.reason = Reason::kQueueFull;
  details.metadata = {{"queue_depth", "8"}};
  details.retry_delay = absl::Milliseconds(1250);
  const grpc::Status status =
      ToGrpcStatus(RequestError(absl::StatusCode::kResourceExhausted, "full", details), "id-1");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "full");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(Unpack(status, &info));
  EXPECT_EQ(info.reason(), "QUEUE_FULL");
  EXPECT_EQ(info.domain(), "strobe");
  EXPECT_EQ(info.metadata().at("queue_depth"), "8");
  EXPECT_EQ(info.metadata().at("request_id"), "id-1");
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(Unpack(status, &retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 250000000);
  google::rpc::RequestInfo request;
  ASSERT_TRUE(Unpack(status, &request));
  EXPECT_EQ(request.request_id(), "id-1");
  google::rpc::BadRequest bad_request;
  EXPECT_FALSE(Unpack(status, &bad_request));
}

TEST(StatusDetailsTest, NamesEveryViolation) {
  ErrorDetails details;
  details.reason = Reason::kInvalidRequest;
  details.violations = {{"prompt", "must not be empty"}, {"width", "must be positive"}};
  const grpc::Status status =
      ToGrpcStatus(RequestError(absl::StatusCode::kInvalidArgument, "two", details), "id");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(Unpack(status, &bad_request));
  ASSERT_EQ(bad_request.field_violations_size(), 2);
  EXPECT_EQ(bad_request.field_violations(1).field(), "width");
  EXPECT_EQ(bad_request.field_violations(1).description(), "must be positive");
  google::rpc::RetryInfo retry;
  EXPECT_FALSE(Unpack(status, &retry));
}

TEST(StatusDetailsTest, InternalErrorsTellNothingButTheRequestId) {
  ErrorDetails details;
  details.reason = Reason::kEngineFailure;
  details.metadata = {{"file", "/secret/path"}};
  for (const auto code : {absl::StatusCode::kInternal, absl::StatusCode::kUnknown}) {
    const grpc::Status status =
        ToGrpcStatus(RequestError(code, "/secret/path is broken", details), "id-7");
    EXPECT_THAT(status.error_message(), testing::HasSubstr("id-7"));
    EXPECT_THAT(status.error_message() + status.error_details(),
                testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(StatusDetailsTest, StatusesMadeElsewhereGetAReason) {
  const grpc::Status status = ToGrpcStatus(absl::UnavailableError("gone"), "id");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(Unpack(status, &info));
  EXPECT_EQ(info.reason(), "UNAVAILABLE");
}

TEST(StatusDetailsTest, TrailersStaySmallWhateverWentWrong) {
  ErrorDetails details;
  details.reason = Reason::kInvalidRequest;
  for (int i = 0; i < 500; ++i) {
    details.violations.push_back({"field", std::string(3000, 'x')});
    details.metadata[std::to_string(i)] = std::string(3000, 'y');
  }
  const grpc::Status status = ToGrpcStatus(
      RequestError(absl::StatusCode::kInvalidArgument, std::string(100000, 'z'), details),
      std::string(128, 'i'));
  // The details travel in base64.
  EXPECT_LT(status.error_message().size() + status.error_details().size() * 4 / 3, 8192u);
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(Unpack(status, &bad_request));
  EXPECT_THAT(bad_request.field_violations().rbegin()->description(), testing::HasSubstr("more"));
}

TEST(StatusDetailsTest, AbbreviatesBetweenCharacters) {
  EXPECT_EQ(Abbreviate("short", 5), "short");
  EXPECT_EQ(Abbreviate("longer", 5), "lo...");
  EXPECT_EQ(Abbreviate("a\xc3\xa4\xc3\xa4\xc3\xa4", 6), "a\xc3\xa4...");
  EXPECT_EQ(Abbreviate("a\xc3\xa4xyz", 5), "a...");
}

}  // namespace
}  // namespace strobe::server
