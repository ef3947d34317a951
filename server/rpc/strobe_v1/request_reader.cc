#include "server/rpc/strobe_v1/request_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/spec/image_format.h"
#include "server/base/request_error.h"
#include "server/rpc/message_parser.h"

namespace strobe::server {
namespace {

void Unreadable(const char* field, int value, ImageRequest& request) {
  request.unreadable.push_back({field, absl::StrCat("unknown value ", value)});
}

void ReadFormat(v1::OutputFormat format, ImageRequest& request) {
  switch (format) {
    case v1::OUTPUT_FORMAT_UNSPECIFIED:
      return;
    case v1::OUTPUT_FORMAT_PNG:
      request.output_format = model::ImageFormat::kPng;
      return;
    case v1::OUTPUT_FORMAT_JPEG:
      request.output_format = model::ImageFormat::kJpeg;
      return;
    case v1::OUTPUT_FORMAT_WEBP:
      request.output_format = model::ImageFormat::kWebp;
      return;
    case v1::OUTPUT_FORMAT_RAW_RGB8:
      request.output_format = model::ImageFormat::kRawRgb8;
      return;
    default:
      return Unreadable("output_format", format, request);
  }
}

void ReadPolicy(v1::DeadlinePolicy policy, ImageRequest& request) {
  switch (policy) {
    case v1::DEADLINE_POLICY_UNSPECIFIED:
    case v1::DEADLINE_POLICY_FAIL:
      return;
    case v1::DEADLINE_POLICY_BEST_EFFORT:
      request.deadline_policy = DeadlinePolicy::kBestEffort;
      return;
    default:
      return Unreadable("deadline_policy", policy, request);
  }
}

void ReadPriority(v1::Priority priority, ImageRequest& request) {
  switch (priority) {
    case v1::PRIORITY_UNSPECIFIED:
    case v1::PRIORITY_INTERACTIVE:
      return;
    case v1::PRIORITY_BATCH:
      request.priority = Priority::kBatch;
      return;
    default:
      return Unreadable("priority", priority, request);
  }
}

absl::StatusOr<ImageRequest> ReadRevision(const v1::LiveImagesRequest& message) {
  ImageRequest request = ToImageRequest(message.request());
  if (!message.has_time_limit()) return request;
  request.time_limit = absl::Seconds(message.time_limit().seconds()) +
                       absl::Nanoseconds(message.time_limit().nanos());
  if (request.time_limit > absl::ZeroDuration()) return request;
  return InvalidRequest({{"time_limit", "must be above 0"}});
}

}  // namespace

ImageRequest ToImageRequest(const v1::GenerateImagesRequest& message) {
  ImageRequest request;
  request.model = message.model();
  request.texts = {{message.prompt(), message.negative_prompt()}};
  request.num_images = message.num_images();
  request.width = message.width();
  request.height = message.height();
  request.num_inference_steps = message.num_inference_steps();
  request.min_inference_steps = message.min_inference_steps();
  request.partial_images = message.partial_images();
  if (message.has_guidance_scale()) request.guidance_scale = message.guidance_scale();
  if (message.has_seed()) request.seed = message.seed();
  ReadFormat(message.output_format(), request);
  request.output_quality = message.output_quality();
  ReadPolicy(message.deadline_policy(), request);
  ReadPriority(message.priority(), request);
  return request;
}

absl::StatusOr<ImageRequest> ReadGenerateImagesRequest(absl::string_view bytes) {
  v1::GenerateImagesRequest message;
  STROBE_RETURN_IF_ERROR(ParseMessage(bytes, message));
  return ToImageRequest(message);
}

absl::StatusOr<ImageRequest> ReadGenerateImagesRequest(const grpc::ByteBuffer& bytes) {
  v1::GenerateImagesRequest message;
  STROBE_RETURN_IF_ERROR(ParseMessage(bytes, message));
  return ToImageRequest(message);
}

absl::StatusOr<LiveMessage> ReadLiveImagesRequest(const grpc::ByteBuffer& bytes) {
  v1::LiveImagesRequest message;
  STROBE_RETURN_IF_ERROR(ParseMessage(bytes, v1::LiveImagesRequest::kRequestFieldNumber,
                                      *v1::GenerateImagesRequest::descriptor(), message));
  return LiveMessage{message.revision(), ReadRevision(message)};
}

}  // namespace strobe::server
