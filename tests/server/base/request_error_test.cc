#include "server/base/request_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/cord.h"

namespace strobe::server {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(RequestErrorTest, CarriesEveryDetailThroughAStatus) {
  const absl::Status status = RequestError(
      absl::StatusCode::kResourceExhausted, "the queue is full",
      {.reason = Reason::kQueueFull,
       .metadata = {{"queued", "64"}, {"capacity", "64"}},
       .violations = {{"num_images", "must be 1 to 8, not 9"}, {"prompt", "must not be empty"}},
       .retry_delay = absl::Milliseconds(1500)});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "the queue is full");
  const ErrorDetails details = DetailsOf(absl::Status(status));
  EXPECT_EQ(details.reason, Reason::kQueueFull);
  EXPECT_THAT(details.metadata, ElementsAre(Pair("capacity", "64"), Pair("queued", "64")));
  EXPECT_THAT(details.violations, ElementsAre(FieldsAre("num_images", "must be 1 to 8, not 9"),
                                              FieldsAre("prompt", "must not be empty")));
  EXPECT_EQ(details.retry_delay, absl::Milliseconds(1500));
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
}

TEST(RequestErrorTest, AStatusMadeElsewhereHasNoDetailsAndItsCodeAsReason) {
  const ErrorDetails details = DetailsOf(absl::InternalError("boom"));
  EXPECT_EQ(details.reason, Reason::kNone);
  EXPECT_THAT(details.metadata, IsEmpty());
  EXPECT_THAT(details.violations, IsEmpty());
  EXPECT_EQ(details.retry_delay, absl::ZeroDuration());
  EXPECT_EQ(ReasonOf(absl::InternalError("boom")), "INTERNAL");
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "OK");
}

TEST(RequestErrorTest, TextThatIsNotUtf8DoesNoHarm) {
  const absl::Status status =
      RequestError(absl::StatusCode::kInvalidArgument, "bad",
                   {.reason = Reason::kInvalidRequest, .violations = {{"prompt", "\xff\xfe"}}});
  ASSERT_EQ(DetailsOf(status).violations.size(), 1u);
  EXPECT_EQ(DetailsOf(status).violations[0].field, "prompt");
}

TEST(RequestErrorTest, APayloadThatIsNotOursIsIgnored) {
  absl::Status status =
      RequestError(absl::StatusCode::kAborted, "x", {.reason = Reason::kInternal});
  status.ForEachPayload([&](absl::string_view url, const absl::Cord&) {
    absl::Status broken = absl::AbortedError("x");
    broken.SetPayload(url, absl::Cord("{\"reason\": "));
    EXPECT_EQ(ReasonOf(broken), "ABORTED");
  });
}

}  // namespace
}  // namespace strobe::server
