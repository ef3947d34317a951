#include "server/rpc/message_parser.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <strobe/v1/image_generation.pb.h>

#include "absl/status/statusor.h"
#include "server/base/request_error.h"

namespace strobe::server {
namespace {

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : DetailsOf(status).violations) {
    fields.push_back(violation.field);
  }
  return fields;
}

absl::StatusOr<v1::GenerateImagesRequest> Parse(absl::string_view bytes) {
  v1::GenerateImagesRequest message;
  const absl::Status status = ParseMessage(bytes, message);
  if (!status.ok()) return status;
  return message;
}

absl::StatusOr<v1::GenerateImagesRequest> Parse(const grpc::ByteBuffer& bytes) {
  v1::GenerateImagesRequest message;
  const absl::Status status = ParseMessage(bytes, message);
  if (!status.ok()) return status;
  return message;
}

TEST(MessageParserTest, ReadsWhatAClientWrote) {
  v1::GenerateImagesRequest request;
  request.set_prompt("ein Kreis, \xc3\xa4\xf0\x9f\x8e\xa8");
  request.set_num_images(-3);
  request.set_seed(0);
  const auto parsed = Parse(absl::string_view(request.SerializeAsString()));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->prompt(), request.prompt());
  EXPECT_EQ(parsed->num_images(), -3);
  EXPECT_TRUE(parsed->has_seed());
  EXPECT_FALSE(parsed->has_guidance_scale());
}

TEST(MessageParserTest, TakesMessagesInManySlicesAndEmptyOnes) {
  v1::GenerateImagesRequest request;
  request.set_prompt("a red circle");
  const std::string bytes = request.SerializeAsString();
  const grpc::Slice slices[] = {grpc::Slice(bytes.substr(0, 3)), grpc::Slice(bytes.substr(3))};
  const auto parsed = Parse(grpc::ByteBuffer(slices, 2));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->prompt(), "a red circle");
  EXPECT_TRUE(Parse(grpc::ByteBuffer()).ok());
}

TEST(MessageParserTest, GarbageIsUndecodable) {
  for (const std::string& bytes :
       std::vector<std::string>{"\xff\xff\xff", std::string("\x12\x7f") + "abc", "\x0a",
                                std::string(4, '\0'), std::string("\x12\x03") + "a\xc3"}) {
    const auto parsed = Parse(absl::string_view(bytes));
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(parsed.status()), "UNDECODABLE_REQUEST");
    EXPECT_TRUE(FieldsOf(parsed.status()).empty());
  }
}

TEST(MessageParserTest, NamesEveryFieldThatIsNotUtf8) {
  // A stray continuation, an overlong slash, a lone surrogate, a cut sequence.
  for (const std::string& text :
       std::vector<std::string>{"a\xc3\x28", "\xc0\xaf", "\xed\xa0\x80", "ab\xe2\x82"}) {
    const std::string prompt = std::string("\x12") + static_cast<char>(text.size()) + text;
    const auto parsed = Parse(absl::string_view(prompt));
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(parsed.status()), "INVALID_UTF8");
    EXPECT_THAT(FieldsOf(parsed.status()), testing::ElementsAre("prompt"));
  }
  const auto both = Parse(absl::string_view("\x12\x01\xff\x1a\x01\xff\x1a\x01\xfe\x0a\x01m", 12));
  EXPECT_THAT(FieldsOf(both.status()), testing::ElementsAre("prompt", "negative_prompt"));
}

TEST(MessageParserTest, IgnoresUnknownFields) {
  const std::string bytes = std::string("\x12\x01") + "a" + std::string("\xfa\x7d\x02\xff\xff");
  const auto parsed = Parse(absl::string_view(bytes));
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->prompt(), "a");
}

}  // namespace
}  // namespace strobe::server
