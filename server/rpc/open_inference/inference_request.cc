#include "server/rpc/open_inference/inference_request.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "model/spec/image_format.h"
#include "server/base/request_error.h"
#include "server/rpc/open_inference/inference_parameters.h"
#include "server/rpc/utf8.h"

namespace strobe::server {
namespace {

using inference::ModelInferRequest;

// All images of a response, encoded. In typed contents each byte of a picture takes four while the
// response is made.
constexpr size_t kMaxRawBytes = size_t{32} << 20;
constexpr size_t kMaxTypedBytes = size_t{4} << 20;

// The elements of a raw BYTES tensor, each behind its length in four bytes, little-endian. Nothing
// when the lengths do not add up.
std::optional<std::vector<std::string>> SplitRaw(absl::string_view bytes) {
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    if (bytes.size() < 4) return {};
    uint32_t length = 0;
    for (int i = 3; i >= 0; --i) length = length << 8 | static_cast<uint8_t>(bytes[i]);
    bytes.remove_prefix(4);
    if (length > bytes.size()) return {};
    texts.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return texts;
}

// Whether `shape` is [count] or [count, 1].
bool IsShapeOf(const google::protobuf::RepeatedField<int64_t>& shape, size_t count) {
  return (shape.size() == 1 || (shape.size() == 2 && shape[1] == 1)) && shape[0] >= 0 &&
         static_cast<uint64_t>(shape[0]) == count;
}

class Reader {
 public:
  Reader(const ModelInferRequest& request, int max_images_per_request)
      : request_(request), max_images_per_request_(max_images_per_request) {}

  absl::StatusOr<InferenceRequest> Read() {
    result_.reply = {request_.id(), request_.raw_input_contents_size() > 0, false};
    result_.request.model = request_.model_name();
    result_.request.max_images_bytes = result_.reply.raw ? kMaxRawBytes : kMaxTypedBytes;
    ReadInputs();
    JoinTexts();
    ReadInferenceParameters(request_.parameters(), result_.request, violations_);
    ChooseOutput();
    if (!violations_.empty()) return InvalidRequest(std::move(violations_));
    STROBE_RETURN_IF_ERROR(CheckUtf8());
    return std::move(result_);
  }

 private:
  void Violate(absl::string_view field, absl::string_view what) {
    violations_.push_back({std::string(field), std::string(what)});
  }

  void ReadInputs() {
    if (result_.reply.raw && request_.raw_input_contents_size() != request_.inputs_size()) {
      return Violate("raw_input_contents", "must have one entry for each input");
    }
    for (int i = 0; i < request_.inputs_size(); ++i) {
      const std::string& name = request_.inputs(i).name();
      auto* const texts = name == kPrompt           ? &prompts_
                          : name == kNegativePrompt ? &negative_prompts_
                                                    : nullptr;
      if (texts == nullptr) {
        Violate("inputs", absl::StrCat("must be prompt and negative_prompt, input ", i, " is not"));
      } else if (texts->has_value()) {
        Violate(name, "must come once");
      } else {
        *texts = TextsOf(i);
      }
    }
    if (!prompts_.has_value()) {
      Violate(kPrompt, "is required");
    } else if (violations_.empty() &&
               (prompts_->empty() || prompts_->size() > max_images_per_request_)) {
      Violate(kPrompt, absl::StrCat("must have from 1 to ", max_images_per_request_,
                                    " elements, got ", prompts_->size()));
    }
  }

  // Of input `i`; empty when something is wrong with it.
  std::vector<std::string> TextsOf(int i) {
    const ModelInferRequest::InferInputTensor& input = request_.inputs(i);
    if (input.datatype() != "BYTES") {
      Violate(input.name(), "must have datatype BYTES");
      return {};
    }
    std::optional<std::vector<std::string>> texts;
    const auto& typed = input.contents().bytes_contents();
    if (!result_.reply.raw) {
      texts.emplace(typed.begin(), typed.end());
    } else if (input.has_contents()) {
      Violate(input.name(), "must have no contents beside raw_input_contents");
      return {};
    } else {
      texts = SplitRaw(request_.raw_input_contents(i));
    }
    if (!texts.has_value()) {
      Violate(input.name(), "must have raw contents of lengths and texts, up to the last byte");
    } else if (!IsShapeOf(input.shape(), texts->size())) {
      Violate(input.name(),
              absl::StrCat("must have shape [n] or [n, 1] for its ", texts->size(), " elements"));
    }
    return texts.has_value() ? *std::move(texts) : std::vector<std::string>();
  }

  void JoinTexts() {
    if (!violations_.empty()) return;
    const size_t count = prompts_->size();
    const std::vector<std::string> negative =
        negative_prompts_.value_or(std::vector<std::string>{""});
    if (negative.size() != 1 && negative.size() != count) {
      return Violate(kNegativePrompt, "must have one element, or one for each prompt");
    }
    result_.request.num_images = static_cast<int>(count);
    for (size_t i = 0; i < count; ++i) {
      result_.request.texts.push_back(
          {std::move((*prompts_)[i]), negative[negative.size() == 1 ? 0 : i]});
    }
  }

  // Makes format and requested output one: each says what the other leaves open.
  void ChooseOutput() {
    std::optional<model::ImageFormat>& format = result_.request.output_format;
    const bool asked = request_.outputs_size() > 0;
    const std::string wanted = asked ? request_.outputs(0).name() : "";
    if (request_.outputs_size() > 1 || (asked && wanted != kImage && wanted != kEncodedImage)) {
      return Violate("outputs", "must be one of image and encoded_image");
    }
    if (!format.has_value()) {
      format = wanted == kEncodedImage ? model::ImageFormat::kPng : model::ImageFormat::kRawRgb8;
    }
    result_.reply.files = *format != model::ImageFormat::kRawRgb8;
    if (asked && (wanted == kEncodedImage) != result_.reply.files) {
      Violate("outputs", "image is raw; encoded_image is png, jpeg or webp");
    }
  }

  absl::Status CheckUtf8() const {
    ErrorDetails details;
    details.reason = Reason::kInvalidUtf8;
    for (const ImageTexts& text : result_.request.texts) {
      if (!IsValidUtf8(text.prompt)) details.violations = {{kPrompt, "must be valid UTF-8"}};
    }
    for (const ImageTexts& text : result_.request.texts) {
      if (IsValidUtf8(text.negative_prompt)) continue;
      details.violations.push_back({kNegativePrompt, "must be valid UTF-8"});
      break;
    }
    if (details.violations.empty()) return absl::OkStatus();
    return RequestError(absl::StatusCode::kInvalidArgument, "prompts must be valid UTF-8", details);
  }

  const ModelInferRequest& request_;
  const size_t max_images_per_request_;
  InferenceRequest result_;
  std::optional<std::vector<std::string>> prompts_;
  std::optional<std::vector<std::string>> negative_prompts_;
  std::vector<FieldViolation> violations_;
};

}  // namespace

absl::Status CheckModelVersion(absl::string_view version) {
  if (version.empty() || version == kModelVersion) return absl::OkStatus();
  return RequestError(absl::StatusCode::kNotFound, "every model has version 1 alone",
                      {.reason = Reason::kModelNotFound});
}

absl::StatusOr<InferenceRequest> ReadInferenceRequest(const ModelInferRequest& request,
                                                      int max_images_per_request) {
  STROBE_RETURN_IF_ERROR(CheckModelVersion(request.model_version()));
  return Reader(request, max_images_per_request).Read();
}

}  // namespace strobe::server
