#include "client/load/load_call.h"

#include <utility>

#include "client/call_error.h"
#include "client/load/picture_flaw.h"

namespace strobe::client {
namespace {

absl::Duration ToDuration(const google::protobuf::Duration& proto) {
  return absl::Seconds(proto.seconds()) + absl::Nanoseconds(proto.nanos());
}

void AddAccount(const v1::Account& account, RequestRecord& record) {
  record.split.queue = ToDuration(account.queue_duration());
  record.split.text = ToDuration(account.text_duration());
  record.split.denoise = ToDuration(account.denoise_duration());
  record.split.decode = ToDuration(account.decode_duration());
  record.split.encode = ToDuration(account.encode_duration());
  BatchSizes& batches = record.batches;
  if (account.text_batch_size() > 0) batches.text.push_back(account.text_batch_size());
  batches.denoise.insert(batches.denoise.end(), account.denoise_batch_sizes().begin(),
                         account.denoise_batch_sizes().end());
  if (account.decode_batch_size() > 0) batches.decode.push_back(account.decode_batch_size());
}

}  // namespace

LoadCall::LoadCall(const Stopwatch& stopwatch, v1::GenerateImagesRequest request,
                   RequestRecord record, bool keep_images, Owner& owner)
    : stopwatch_(stopwatch),
      request_(std::move(request)),
      keep_images_(keep_images),
      owner_(owner) {
  result_.record = std::move(record);
}

void LoadCall::Start(v1::ImageGenerationService::Stub& stub, absl::Duration deadline,
                     const std::string& authorization) {
  if (!authorization.empty()) context_.AddMetadata("authorization", authorization);
  if (deadline != absl::InfiniteDuration()) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  }
  stub.async()->GenerateImages(&context_, &request_, this);
  StartRead(&response_);
  if (result_.record.retries == 0) result_.record.sent = stopwatch_.Elapsed();
  StartCall();
}

void LoadCall::OnReadDone(bool ok) {
  if (!ok) return;
  const absl::Duration now = stopwatch_.Elapsed();
  RequestRecord& record = result_.record;
  if (record.first_event == absl::InfiniteDuration()) record.first_event = now;
  if (response_.has_image()) {
    OnImage(response_.image(), now);
  } else if (response_.has_partial_image()) {
    OnPartialImage(response_.partial_image(), now);
  } else if (response_.has_progress() && response_.progress().index() == 0) {
    record.steps.push_back(now);
  } else if (response_.has_completed()) {
    completed_ = true;
    record.split.total = ToDuration(response_.completed().total_duration());
  }
  StartRead(&response_);
}

void LoadCall::OnImage(const v1::GeneratedImage& image, absl::Duration now) {
  RequestRecord& record = result_.record;
  if (record.images == 0) record.first_image = now;
  ++record.images;
  record.bytes += static_cast<int64_t>(image.data().size());
  record.steps_done += image.steps_done();
  if (image.finish_reason() != v1::FINISH_REASON_STOP) ++record.ended_early;
  const PictureFlaw flaw = FlawOf(image, request_.width(), request_.height());
  record.wrong_size_images += flaw == PictureFlaw::kWrongSize;
  record.corrupt_images += flaw == PictureFlaw::kCorrupt;
  AddAccount(image.account(), record);
  if (keep_images_) result_.images.push_back(image);
}

void LoadCall::OnPartialImage(const v1::GeneratedImage& image, absl::Duration now) {
  RequestRecord& record = result_.record;
  if (record.partial_images == 0) record.first_partial = now;
  record.last_partial = now;
  ++record.partial_images;
  record.bytes += static_cast<int64_t>(image.data().size());
}

void LoadCall::OnDone(const grpc::Status& status) {
  RequestRecord& record = result_.record;
  record.ended = stopwatch_.Elapsed();
  record.code = status.error_code();
  if (status.ok() && !completed_) {
    record.code = grpc::StatusCode::DATA_LOSS;
    record.message = "the server ended the stream before its last event";
  } else if (!status.ok()) {
    const CallError error = DecodeCallError(status);
    record.reason = error.reason;
    record.retry_delay = error.retry_delay;
    record.message = status.error_message();
  }
  owner_.OnCallEnd(*this);
}

}  // namespace strobe::client
