#include "client/call_error.h"

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

namespace strobe::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

grpc::Status WithDetails(grpc::StatusCode code, const std::string& message,
                         const std::vector<const google::protobuf::Message*>& details) {
  google::rpc::Status status;
  for (const auto* detail : details) status.add_details()->PackFrom(*detail);
  return {code, message, status.SerializeAsString()};
}

TEST(CallErrorTest, EveryDetailIsUnpacked) {
  google::rpc::ErrorInfo info;
  info.set_reason("QUEUE_FULL");
  info.set_domain("strobe");
  (*info.mutable_metadata())["queue_capacity"] = "64";
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(1);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("width");
  violation->set_description("must be a multiple of 8");
  google::rpc::RequestInfo request;
  request.set_request_id("r-1");

  const CallError error = DecodeCallError(
      WithDetails(grpc::StatusCode::RESOURCE_EXHAUSTED, "full", {&info, &retry, &bad, &request}));
  EXPECT_EQ(error.code, grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(error.message, "full");
  EXPECT_EQ(error.reason, "QUEUE_FULL");
  EXPECT_EQ(error.metadata.at("queue_capacity"), "64");
  EXPECT_EQ(error.retry_delay, absl::Milliseconds(1500));
  ASSERT_EQ(error.violations.size(), 1u);
  EXPECT_EQ(error.violations[0].field, "width");
  EXPECT_EQ(error.request_id, "r-1");
  EXPECT_THAT(DescribeCallError(error), AllOf(HasSubstr("RESOURCE_EXHAUSTED (QUEUE_FULL): full"),
                                              HasSubstr("\n  width: must be a multiple of 8"),
                                              HasSubstr("Try again in 1.5s.")));
}

TEST(CallErrorTest, AMessageThatOnlyListsTheViolationsIsNotSaidTwice) {
  CallError error;
  error.code = grpc::StatusCode::INVALID_ARGUMENT;
  error.message = "width: must be positive; height: must be positive";
  error.violations = {{"width", "must be positive"}, {"height", "must be positive"}};
  EXPECT_THAT(DescribeCallError(error),
              HasSubstr("INVALID_ARGUMENT\n  width: must be positive\n  height: must be positive"));
}

TEST(CallErrorTest, BrokenDetailsLeaveCodeAndMessage) {
  const CallError error =
      DecodeCallError({grpc::StatusCode::INTERNAL, "oops", std::string("\xff\xff\xff", 3)});
  EXPECT_EQ(error.code, grpc::StatusCode::INTERNAL);
  EXPECT_THAT(DescribeCallError(error), HasSubstr("INTERNAL: oops"));
}

TEST(CallErrorTest, EachCodeSaysWhatToDoNext) {
  const auto advice = [](grpc::StatusCode code, const std::string& reason = "") {
    CallError error;
    error.code = code;
    error.reason = reason;
    return DescribeCallError(error);
  };
  EXPECT_THAT(advice(grpc::StatusCode::INVALID_ARGUMENT), HasSubstr("strobe-client models"));
  EXPECT_THAT(advice(grpc::StatusCode::NOT_FOUND), HasSubstr("strobe-client models"));
  EXPECT_THAT(advice(grpc::StatusCode::DEADLINE_EXCEEDED), HasSubstr("--deadline"));
  EXPECT_THAT(advice(grpc::StatusCode::UNAVAILABLE), HasSubstr("--address"));
  EXPECT_THAT(advice(grpc::StatusCode::UNAVAILABLE, "DRAINING"), Not(HasSubstr("--address")));
  EXPECT_THAT(advice(grpc::StatusCode::RESOURCE_EXHAUSTED), HasSubstr("later"));
}

TEST(CallErrorTest, ControlCharactersOfTheServerNeverReachTheTerminal) {
  CallError error;
  error.code = grpc::StatusCode::INVALID_ARGUMENT;
  error.message = "bad \x1b[31mprompt\x07";
  error.violations.push_back({"prompt\n", "has \x1b"});
  EXPECT_THAT(DescribeCallError(error),
              AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\x07")), HasSubstr("bad ?[31mprompt?")));
}

TEST(CallErrorTest, CodesHaveTheirNames) {
  EXPECT_EQ(StatusCodeName(grpc::StatusCode::OK), "OK");
  EXPECT_EQ(StatusCodeName(grpc::StatusCode::UNAUTHENTICATED), "UNAUTHENTICATED");
  EXPECT_EQ(StatusCodeName(99), "CODE_99");
}

}  // namespace
}  // namespace strobe::client
