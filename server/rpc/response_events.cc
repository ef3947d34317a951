#include "server/rpc/response_events.h"

#include <utility>

#include <grpcpp/support/proto_buffer_writer.h>

namespace strobe::server {
namespace {

constexpr int kSliceBytes = 1 << 20;

v1::FinishReason FinishReasonToProto(FinishReason reason) {
  switch (reason) {
    case FinishReason::kNone:
      return v1::FINISH_REASON_UNSPECIFIED;
    case FinishReason::kStop:
      return v1::FINISH_REASON_STOP;
    case FinishReason::kDeadline:
      return v1::FINISH_REASON_DEADLINE;
    case FinishReason::kLoad:
      return v1::FINISH_REASON_LOAD;
  }
  return v1::FINISH_REASON_UNSPECIFIED;
}

void FillAccount(const SampleAccount& account, v1::Account* proto) {
  using model::Stage;
  const StageAccount& text = account.stages[Stage::kEncodePrompt];
  const StageAccount& denoise = account.stages[Stage::kDenoise];
  const StageAccount& preview = account.stages[Stage::kPreview];
  const StageAccount& decode = account.stages[Stage::kDecode];
  *proto->mutable_queue_duration() = ToProto(account.queue);
  *proto->mutable_text_duration() = ToProto(text.duration);
  *proto->mutable_denoise_duration() = ToProto(denoise.duration);
  *proto->mutable_decode_duration() = ToProto(preview.duration + decode.duration);
  *proto->mutable_encode_duration() = ToProto(account.imaging);
  proto->set_text_batch_size(text.last_batch_size());
  proto->mutable_denoise_batch_sizes()->Assign(denoise.batch_sizes.begin(),
                                               denoise.batch_sizes.end());
  proto->set_decode_batch_size((decode.batch_sizes.empty() ? preview : decode).last_batch_size());
}

}  // namespace

absl::string_view MimeTypeOf(OutputFormat format) {
  switch (format) {
    case OutputFormat::kPng:
      return "image/png";
    case OutputFormat::kJpeg:
      return "image/jpeg";
    case OutputFormat::kWebp:
      return "image/webp";
    case OutputFormat::kRawRgb8:
      return "image/x-raw-rgb8";
  }
  return "";
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

v1::GenerateImagesResponse AcceptedEvent(const std::string& request_id, int queue_position,
                                         absl::Duration estimated_duration) {
  v1::GenerateImagesResponse response;
  v1::Accepted* accepted = response.mutable_accepted();
  accepted->set_request_id(request_id);
  accepted->set_queue_position(queue_position);
  *accepted->mutable_estimated_duration() = ToProto(estimated_duration);
  return response;
}

v1::GenerateImagesResponse ProgressEvent(int index, int steps_done, int num_inference_steps) {
  v1::GenerateImagesResponse response;
  v1::Progress* progress = response.mutable_progress();
  progress->set_index(index);
  progress->set_steps_done(steps_done);
  progress->set_num_inference_steps(num_inference_steps);
  return response;
}

v1::GenerateImagesResponse PictureEvent(const GenerationRequest& request, SampleResult result) {
  const model::GenerationSpec& spec = request.samples[result.index];
  v1::GenerateImagesResponse response;
  v1::GeneratedImage* image =
      result.partial ? response.mutable_partial_image() : response.mutable_image();
  image->set_index(result.index);
  image->set_seed(spec.seed);
  image->set_data(std::move(result.encoded));
  image->set_mime_type(std::string(MimeTypeOf(request.output_format)));
  image->set_width(spec.width);
  image->set_height(spec.height);
  image->set_steps_done(result.steps_done);
  image->set_finish_reason(FinishReasonToProto(result.finish_reason));
  FillAccount(result.account, image->mutable_account());
  image->set_prompt_truncated(result.prompt_truncated);
  return response;
}

v1::GenerateImagesResponse CompletedEvent(int num_images, absl::Duration total_duration,
                                          int denoise_steps) {
  v1::GenerateImagesResponse response;
  v1::Completed* completed = response.mutable_completed();
  completed->set_num_images(num_images);
  *completed->mutable_total_duration() = ToProto(total_duration);
  completed->set_denoise_steps(denoise_steps);
  return response;
}

v1::LiveImagesResponse LiveEvent(int64_t revision, v1::GenerateImagesResponse event) {
  v1::LiveImagesResponse response;
  response.set_revision(revision);
  *response.mutable_response() = std::move(event);
  return response;
}

v1::LiveImagesResponse LiveError(int64_t revision, const google::rpc::Status& status) {
  v1::LiveImagesResponse response;
  response.set_revision(revision);
  v1::RevisionError* error = response.mutable_error();
  error->set_code(status.code());
  error->set_message(status.message());
  *error->mutable_details() = status.details();
  return response;
}

v1::Model ToProto(const model::ModelDescription& description, int max_num_images) {
  v1::Model model;
  model.set_name(description.name);
  model.set_pipeline_class(description.pipeline_class);
  model.set_default_width(description.default_width);
  model.set_default_height(description.default_height);
  model.set_size_multiple(description.size_multiple);
  model.set_min_size(description.min_size);
  model.set_max_size(description.max_size);
  model.mutable_num_inference_steps()->Assign(description.num_inference_steps.begin(),
                                              description.num_inference_steps.end());
  model.set_default_num_inference_steps(description.default_num_inference_steps);
  model.set_default_guidance_scale(description.default_guidance_scale);
  model.set_supports_guidance(description.supports_guidance);
  model.set_max_prompt_tokens(description.max_prompt_tokens);
  model.set_max_num_images(max_num_images);
  return model;
}

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  grpc::ByteBuffer bytes;
  grpc::ProtoBufferWriter writer(&bytes, kSliceBytes, static_cast<int>(message.ByteSizeLong()));
  message.SerializeToZeroCopyStream(&writer);
  return bytes;
}

}  // namespace strobe::server
