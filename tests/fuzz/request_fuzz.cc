// Any bytes as the message of a call: what is admitted keeps every limit, and what is refused is
// told in a few bytes.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <google/protobuf/stubs/logging.h>
#include <grpcpp/support/byte_buffer.h>

#include "server/requests/request_validation.h"
#include "server/requests/text_rules.h"
#include "server/rpc/message_parser.h"
#include "server/rpc/open_inference/inference_request.h"
#include "server/rpc/status_details.h"
#include "server/rpc/strobe_v1/request_reader.h"
#include "server/rpc/utf8.h"

namespace strobe::server {
namespace {

constexpr size_t kMaxRequestBytes = MaxMessageBytes(RequestLimits());  // the listener's
constexpr size_t kMaxTrailerBytes = 8 * 1024;

void Require(bool holds) {
  if (!holds) std::abort();
}

const ModelRegistry& Models() {
  static const auto* const models = [] {
    model::ModelDescription plain;
    plain.name = "plain";
    plain.default_width = plain.default_height = 64;
    plain.max_size = 128;
    plain.num_inference_steps = {1, 2, 3};
    plain.default_num_inference_steps = 2;
    model::ModelDescription guided = plain;
    guided.name = "guided";
    guided.supports_guidance = true;
    guided.num_inference_steps = {1, 4, 50};
    auto* const registry = new ModelRegistry();
    for (const auto& model : {plain, guided}) registry->Add(registry->NewKey(), model);
    return registry;
  }();
  return *models;
}

void CheckRefusal(const absl::Status& status) {
  Require(absl::IsInvalidArgument(status) || absl::IsNotFound(status));
  const grpc::Status sent = ToGrpcStatus(status, "request-id");
  Require(sent.error_message().size() + sent.error_details().size() < kMaxTrailerBytes);
  Require(IsValidUtf8(sent.error_message()));
}

void CheckText(const std::string& text, const RequestLimits& limits) {
  Require(text.size() <= static_cast<size_t>(limits.max_prompt_bytes) && IsValidUtf8(text));
  for (const char c : text)
    Require(static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n');
}

void CheckRequest(const GenerationRequest& request, const RequestLimits& limits) {
  const model::ModelDescription& model = request.model.description();
  const auto images = static_cast<int64_t>(request.samples.size());
  Require(images >= 1 && images <= limits.max_images_per_request);
  Require(request.output_quality >= 1 && request.output_quality <= 100);
  for (const model::GenerationSpec& spec : request.samples) {
    CheckText(spec.prompt, limits);
    CheckText(spec.negative_prompt, limits);
    Require(!IsBlank(spec.prompt));
    Require(spec.width >= model.min_size && spec.width <= model.max_size && spec.width % 8 == 0);
    Require(spec.height >= model.min_size && spec.height <= model.max_size && spec.height % 8 == 0);
    Require(spec.num_inference_steps >= 1 && spec.num_inference_steps <= 50);
    Require(std::isfinite(spec.guidance_scale) && spec.guidance_scale >= 0);
    Require(images * spec.width * spec.height * spec.num_inference_steps <= limits.max_pixel_steps);
    Require(request.min_inference_steps >= 1 &&
            request.min_inference_steps <= spec.num_inference_steps);
    Require(request.partial_images >= 0 && request.partial_images < spec.num_inference_steps);
  }
}

void Validate(const absl::StatusOr<ImageRequest>& request) {
  if (!request.ok()) return CheckRefusal(request.status());
  const RequestLimits limits;
  const auto valid = ValidateRequest(*request, Models(), limits, [] { return uint64_t{1}; });
  if (!valid.ok()) return CheckRefusal(valid.status());
  CheckRequest(*valid, limits);
}

void CheckLive(const grpc::ByteBuffer& bytes) {
  const auto message = ReadLiveImagesRequest(bytes);
  message.ok() ? Validate(message->request) : CheckRefusal(message.status());
}

void CheckInfer(const grpc::ByteBuffer& bytes) {
  inference::ModelInferRequest message;
  if (absl::Status status = ParseMessage(bytes, message); !status.ok()) return CheckRefusal(status);
  const auto read = ReadInferenceRequest(message, RequestLimits().max_images_per_request);
  read.ok() ? Validate(read->request) : CheckRefusal(read.status());
}

}  // namespace
}  // namespace strobe::server

// The first byte chooses the method.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace strobe::server;  // NOLINT
  static const bool quiet = (google::protobuf::SetLogHandler(nullptr), true);
  static_cast<void>(quiet);
  if (size == 0 || size > kMaxRequestBytes) return 0;
  const grpc::Slice slice(data + 1, size - 1);
  const grpc::ByteBuffer bytes(&slice, 1);
  if (data[0] == 'g') {
    Validate(ReadGenerateImagesRequest({reinterpret_cast<const char*>(data) + 1, size - 1}));
  }
  if (data[0] == 'l') CheckLive(bytes);
  if (data[0] == 'i') CheckInfer(bytes);
  return 0;
}
