#include "server/requests/request_validation.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "server/base/request_error.h"
#include "server/requests/text_rules.h"

namespace strobe::server {
namespace {

using model::GenerationSpec;
using model::ModelDescription;

constexpr int kDefaultOutputQuality = 90;

// Checks one request. Every method checks one field (with what it depends on), notes what is wrong
// and returns the value to go on with.
class Validator {
 public:
  Validator(const ImageRequest& request, const ModelDescription& model, const RequestLimits& limits,
            const EncodedBytesBound& max_encoded_bytes)
      : request_(request), model_(model), limits_(limits), max_encoded_bytes_(max_encoded_bytes) {}

  void CheckPrompt(const std::string& field, const std::string& prompt) {
    CheckText(field, prompt, limits_.max_prompt_bytes, violations_);
    if (IsBlank(prompt)) Violate(field, "must not be empty or white space only");
  }

  void CheckNegativePrompt(const std::string& field, const std::string& text,
                           float guidance_scale) {
    CheckText(field, text, limits_.max_prompt_bytes, violations_);
    if (text.empty()) return;
    if (!model_.supports_guidance) {
      Violate(field, "must be empty: the model does not support guidance");
    } else if (model_.guidance_is_distilled) {
      Violate(field, "must be empty: the model has its guidance distilled in");
    } else if (!(guidance_scale > 1.0f)) {
      Violate(field, "needs a guidance_scale above 1");
    }
  }

  int NumImages() {
    return InRange("num_images", request_.num_images, 1, limits_.max_images_per_request, 1);
  }

  int Side(const char* field, int value, int default_value) {
    if (value == 0) return default_value;
    const int multiple = std::max(1, model_.size_multiple);
    if (value < model_.min_size || value > model_.max_size || value % multiple != 0) {
      Violate(field,
              absl::StrCat("must be a multiple of ", multiple, " from ", model_.min_size, " to ",
                           model_.max_size, " (0: ", default_value, "), got ", value));
    }
    return value;
  }

  int Steps() {
    const int value = request_.num_inference_steps;
    if (value == 0) return model_.default_num_inference_steps;
    const auto& allowed = model_.num_inference_steps;
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end()) {
      Violate("num_inference_steps",
              absl::StrCat("must be one of ", absl::StrJoin(allowed, ", "),
                           " (0: ", model_.default_num_inference_steps, "), got ", value));
      return allowed.empty() ? 1
                             : allowed.back();  // the fields that depend on it are still checked
    }
    return value;
  }

  int MinSteps(int steps) {
    return InRange("min_inference_steps", request_.min_inference_steps, 1, steps, steps);
  }

  int PartialImages(int steps) {
    return InRange("partial_images", request_.partial_images, 0, std::max(0, steps - 1), 0);
  }

  int Quality(model::ImageFormat format) {
    const int value = request_.output_quality;
    if (model::TraitsOf(format).has_quality) {
      return InRange("output_quality", value, 1, 100, kDefaultOutputQuality);
    }
    if (value != 0 && FindUnreadable("output_format") == nullptr) {
      Violate("output_quality", "must be 0 for PNG and raw output");
    }
    return kDefaultOutputQuality;
  }

  float Guidance() {
    if (!request_.guidance_scale.has_value()) return model_.default_guidance_scale;
    const float value = *request_.guidance_scale;
    if (!std::isfinite(value) || value < 0 || value > limits_.max_guidance_scale) {
      Violate("guidance_scale",
              absl::StrCat("must be a number from 0 to ", limits_.max_guidance_scale));
    } else if (!model_.supports_guidance && value != 0.0f && value != 1.0f &&
               value != model_.default_guidance_scale) {
      Violate("guidance_scale",
              absl::StrCat("must be 0, 1 or the default ", model_.default_guidance_scale,
                           ": the model does not support guidance"));
    }
    return value;
  }

  model::ImageFormat Format() {
    CheckReadable("output_format");
    return request_.output_format.value_or(model::ImageFormat::kPng);
  }

  DeadlinePolicy Policy() {
    CheckReadable("deadline_policy");
    return request_.deadline_policy;
  }

  Priority PriorityOf() {
    CheckReadable("priority");
    return request_.priority;
  }

  // Bounds the resources themselves, once every single field is legal.
  void CheckCost(int num_images, int width, int height, int steps, model::ImageFormat format) {
    if (!violations_.empty()) return;
    const int64_t pixels = int64_t{width} * height;  // each at most max_size
    const int64_t work = int64_t{num_images} * steps;
    if (pixels > 0 && work > limits_.max_pixel_steps / pixels) {
      Violate("num_images", absl::StrCat("num_images * width * height * num_inference_steps must "
                                         "be at most ",
                                         limits_.max_pixel_steps));
    }
    const size_t bytes = max_encoded_bytes_ ? max_encoded_bytes_(format, width, height)
                                            : static_cast<size_t>(pixels) * 3;
    if (bytes > limits_.max_image_bytes) {
      Violate("width", absl::StrCat("a picture of this size and format may need ", bytes,
                                    " bytes, a response holds at most ", limits_.max_image_bytes));
    } else if (bytes > request_.max_images_bytes / num_images) {
      Violate("num_images", absl::StrCat(num_images, " pictures of this size and format may need ",
                                         bytes, " bytes each, a response holds at most ",
                                         request_.max_images_bytes, " together"));
    }
  }

  absl::Status status() const { return InvalidRequest(violations_); }

 private:
  void Violate(absl::string_view field, absl::string_view description) {
    violations_.push_back({std::string(field), std::string(description)});
  }

  // What is wrong with `field` already before its value is looked at; null: nothing.
  const FieldViolation* FindUnreadable(absl::string_view field) const {
    for (const FieldViolation& each : request_.unreadable) {
      if (each.field == field) return &each;
    }
    return nullptr;
  }

  void CheckReadable(absl::string_view field) {
    if (const FieldViolation* const found = FindUnreadable(field)) violations_.push_back(*found);
  }

  int InRange(const char* field, int value, int min, int max, int default_value) {
    if (value == 0) return default_value;
    if (value < min || value > max) {
      Violate(field, absl::StrCat("must be from ", min, " to ", max, " (0: ", default_value,
                                  "), got ", value));
    }
    return value;
  }

  const ImageRequest& request_;
  const ModelDescription& model_;
  const RequestLimits& limits_;
  const EncodedBytesBound& max_encoded_bytes_;
  std::vector<FieldViolation> violations_;
};

// "prompt"; of the second of several, "prompt[1]".
std::string NameOf(absl::string_view field, size_t index, size_t count) {
  return count == 1 ? std::string(field) : absl::StrCat(field, "[", index, "]");
}

// Checks the texts, and the guidance scale between them. Returns the latter.
float CheckTexts(absl::Span<const ImageTexts> texts, Validator& validator) {
  for (size_t i = 0; i < texts.size(); ++i) {
    validator.CheckPrompt(NameOf("prompt", i, texts.size()), texts[i].prompt);
  }
  const float guidance_scale = validator.Guidance();
  for (size_t i = 0; i < texts.size(); ++i) {
    validator.CheckNegativePrompt(NameOf("negative_prompt", i, texts.size()),
                                  texts[i].negative_prompt, guidance_scale);
  }
  return guidance_scale;
}

// Image i shows texts[i], all of them the same when there is one.
std::vector<GenerationSpec> MakeSamples(const GenerationSpec& first,
                                        absl::Span<const ImageTexts> texts, int num_images) {
  std::vector<GenerationSpec> samples(num_images, first);
  for (int i = 0; i < num_images; ++i) {
    const ImageTexts& text = texts.size() == 1 ? texts.front() : texts[i];
    samples[i].prompt = text.prompt;
    samples[i].negative_prompt = text.negative_prompt;
    samples[i].seed = first.seed + i;  // wraps
  }
  return samples;
}

}  // namespace

absl::StatusOr<GenerationRequest> ValidateRequest(const ImageRequest& request,
                                                  const ModelRegistry& models,
                                                  const RequestLimits& limits,
                                                  const std::function<uint64_t()>& random_seed,
                                                  const EncodedBytesBound& max_encoded_bytes) {
  GenerationRequest result;
  STROBE_ASSIGN_OR_RETURN(result.model, models.Find(request.model));
  const ModelDescription& model = result.model.description();

  Validator validator(request, model, limits, max_encoded_bytes);
  GenerationSpec spec;
  spec.guidance_scale = CheckTexts(request.texts, validator);
  const int num_images = validator.NumImages();
  spec.width = validator.Side("width", request.width, model.default_width);
  spec.height = validator.Side("height", request.height, model.default_height);
  spec.num_inference_steps = validator.Steps();
  result.min_inference_steps = validator.MinSteps(spec.num_inference_steps);
  result.partial_images = validator.PartialImages(spec.num_inference_steps);
  result.output_format = validator.Format();
  result.output_quality = validator.Quality(result.output_format);
  result.deadline_policy = validator.Policy();
  result.priority = validator.PriorityOf();
  validator.CheckCost(num_images, spec.width, spec.height, spec.num_inference_steps,
                      result.output_format);
  STROBE_RETURN_IF_ERROR(validator.status());

  spec.seed = request.seed.has_value() ? *request.seed : random_seed();
  result.samples = MakeSamples(spec, request.texts, num_images);
  return result;
}

}  // namespace strobe::server
