#include "server/rpc/strobe_v1/request_reader.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/request_error.h"

namespace strobe::server {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::IsEmpty;

grpc::ByteBuffer BytesOf(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

TEST(RequestReaderTest, AnEmptyMessageLeavesEverythingToTheDefaults) {
  const ImageRequest request = ToImageRequest({});
  EXPECT_EQ(request.model, "");
  ASSERT_EQ(request.texts.size(), 1u);
  EXPECT_EQ(request.texts[0].prompt, "");
  EXPECT_EQ(request.num_images, 0);
  EXPECT_FALSE(request.guidance_scale.has_value());
  EXPECT_FALSE(request.seed.has_value());
  EXPECT_FALSE(request.output_format.has_value());
  EXPECT_EQ(request.time_limit, absl::InfiniteDuration());
  EXPECT_THAT(request.unreadable, IsEmpty());
}

TEST(RequestReaderTest, EveryFieldIsTakenOver) {
  v1::GenerateImagesRequest message;
  message.set_model("tiny");
  message.set_prompt("a cat");
  message.set_negative_prompt("blurry");
  message.set_num_images(2);
  message.set_width(64);
  message.set_height(-72);
  message.set_num_inference_steps(3);
  message.set_min_inference_steps(1);
  message.set_partial_images(2);
  message.set_output_quality(75);
  message.set_guidance_scale(0);
  message.set_seed(0);
  message.set_output_format(v1::OUTPUT_FORMAT_WEBP);
  message.set_deadline_policy(v1::DEADLINE_POLICY_BEST_EFFORT);
  message.set_priority(v1::PRIORITY_BATCH);
  const auto request = ReadGenerateImagesRequest(BytesOf(message));
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->model, "tiny");
  EXPECT_EQ(request->texts[0].prompt, "a cat");
  EXPECT_EQ(request->texts[0].negative_prompt, "blurry");
  EXPECT_EQ(request->num_images, 2);
  EXPECT_EQ(request->width, 64);
  EXPECT_EQ(request->height, -72);
  EXPECT_EQ(request->num_inference_steps, 3);
  EXPECT_EQ(request->min_inference_steps, 1);
  EXPECT_EQ(request->partial_images, 2);
  EXPECT_EQ(request->output_quality, 75);
  EXPECT_EQ(request->guidance_scale, 0.0f);
  EXPECT_EQ(request->seed, 0u);
  EXPECT_EQ(request->output_format, model::ImageFormat::kWebp);
  EXPECT_EQ(request->deadline_policy, DeadlinePolicy::kBestEffort);
  EXPECT_EQ(request->priority, Priority::kBatch);
}

TEST(RequestReaderTest, KnownFormatsAreReadAndNoneIsLeftOpen) {
  const std::vector<std::pair<v1::OutputFormat, model::ImageFormat>> formats = {
      {v1::OUTPUT_FORMAT_PNG, model::ImageFormat::kPng},
      {v1::OUTPUT_FORMAT_JPEG, model::ImageFormat::kJpeg},
      {v1::OUTPUT_FORMAT_WEBP, model::ImageFormat::kWebp},
      {v1::OUTPUT_FORMAT_RAW_RGB8, model::ImageFormat::kRawRgb8}};
  for (const auto& [format, expected] : formats) {
    v1::GenerateImagesRequest message;
    message.set_output_format(format);
    EXPECT_EQ(ToImageRequest(message).output_format, expected);
  }
}

TEST(RequestReaderTest, ValuesThatThereAreNotAreUnreadable) {
  for (const int value : {-1, 5, 99}) {
    v1::GenerateImagesRequest message;
    message.set_output_format(static_cast<v1::OutputFormat>(value));
    message.set_deadline_policy(static_cast<v1::DeadlinePolicy>(value));
    message.set_priority(static_cast<v1::Priority>(value));
    const std::string text = "unknown value " + std::to_string(value);
    EXPECT_THAT(ToImageRequest(message).unreadable,
                ElementsAre(FieldsAre("output_format", text), FieldsAre("deadline_policy", text),
                            FieldsAre("priority", text)));
  }
}

TEST(RequestReaderTest, ALiveMessageHasItsRevisionAndTimeLimit) {
  v1::LiveImagesRequest message;
  message.set_revision(7);
  message.mutable_request()->set_prompt("a cat");
  message.mutable_time_limit()->set_nanos(1500);
  const auto live = ReadLiveImagesRequest(BytesOf(message));
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(live->revision, 7);
  ASSERT_TRUE(live->request.ok());
  EXPECT_EQ(live->request->texts[0].prompt, "a cat");
  EXPECT_EQ(live->request->time_limit, absl::Nanoseconds(1500));
}

TEST(RequestReaderTest, ATimeLimitOfNothingRefusesTheRevisionAlone) {
  v1::LiveImagesRequest message;
  message.set_revision(7);
  message.mutable_time_limit();
  const auto live = ReadLiveImagesRequest(BytesOf(message));
  ASSERT_TRUE(live.ok()) << live.status();
  EXPECT_EQ(live->revision, 7);
  EXPECT_EQ(ReasonOf(live->request.status()), "INVALID_REQUEST");
  EXPECT_EQ(live->request.status().message(), "time_limit: must be above 0");
}

}  // namespace
}  // namespace strobe::server
