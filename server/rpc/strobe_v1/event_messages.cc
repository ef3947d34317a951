#include "server/rpc/strobe_v1/event_messages.h"

#include <string>
#include <utility>
#include <variant>

#include "model/spec/image_format.h"

namespace strobe::server {
namespace {

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

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

// Fills in the one event of `response`.
class EventWriter {
 public:
  explicit EventWriter(v1::GenerateImagesResponse& response) : response_(response) {}

  void operator()(Accepted&& event) {
    v1::Accepted* accepted = response_.mutable_accepted();
    accepted->set_request_id(event.request_id);
    accepted->set_queue_position(event.queue_position);
    *accepted->mutable_estimated_duration() = ToProto(event.estimated_duration);
  }

  void operator()(Progress&& event) {
    v1::Progress* progress = response_.mutable_progress();
    progress->set_index(event.index);
    progress->set_steps_done(event.steps_done);
    progress->set_num_inference_steps(event.num_inference_steps);
  }

  void operator()(Picture&& event) {
    SampleResult& result = event.result;
    v1::GeneratedImage* image =
        result.partial ? response_.mutable_partial_image() : response_.mutable_image();
    image->set_index(result.index);
    image->set_seed(event.seed);
    image->set_data(std::move(result.encoded));
    image->set_mime_type(std::string(model::MimeType(event.format)));
    image->set_width(event.width);
    image->set_height(event.height);
    image->set_steps_done(result.steps_done);
    image->set_finish_reason(FinishReasonToProto(result.finish_reason));
    FillAccount(result.account, image->mutable_account());
    image->set_prompt_truncated(result.prompt_truncated);
  }

  void operator()(Completed&& event) {
    v1::Completed* completed = response_.mutable_completed();
    completed->set_num_images(event.num_images);
    *completed->mutable_total_duration() = ToProto(event.total_duration);
    completed->set_denoise_steps(event.denoise_steps);
  }

 private:
  v1::GenerateImagesResponse& response_;
};

}  // namespace

v1::GenerateImagesResponse ToMessage(ImageEvent event) {
  v1::GenerateImagesResponse response;
  std::visit(EventWriter(response), std::move(event));
  return response;
}

v1::LiveImagesResponse ToLiveMessage(int64_t revision, ImageEvent event) {
  v1::LiveImagesResponse response;
  response.set_revision(revision);
  std::visit(EventWriter(*response.mutable_response()), std::move(event));
  return response;
}

v1::LiveImagesResponse ToLiveMessage(int64_t revision, const google::rpc::Status& error) {
  v1::LiveImagesResponse response;
  response.set_revision(revision);
  v1::RevisionError* message = response.mutable_error();
  message->set_code(error.code());
  message->set_message(error.message());
  *message->mutable_details() = error.details();
  return response;
}

v1::Model ToMessage(const model::ModelDescription& description, int max_num_images) {
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

}  // namespace strobe::server
